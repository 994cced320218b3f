"""Say Typer's own words of a help page, "Usage" and "Options" for instance, in the reader's language."""

from __future__ import annotations

from typing import Any

from andamio.language import say


def in_our_words(command: Any) -> Any:
    """Let a command, and those below it, write its help in the language of the moment; returns it."""
    usage, page, option = command.get_usage, command.format_help, command.get_help_option

    def get_usage(ctx: Any) -> str:
        return say("Usage: ") + str(usage(ctx)).removeprefix("Usage: ")

    def format_help(ctx: Any, formatter: Any) -> None:
        _name_panels()
        page(ctx, formatter)

    def get_help_option(ctx: Any) -> Any:
        found = option(ctx)
        if found is not None:
            found.help = say("Show this message and exit.")
        return found

    command.get_usage, command.format_help, command.get_help_option = get_usage, format_help, get_help_option
    command.options_metavar = say("[OPTIONS]")
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = say("COMMAND [ARGS]...")
    for below in getattr(command, "commands", {}).values():
        in_our_words(below)
    return command


def _name_panels() -> None:
    from typer import rich_utils  # only a help page needs it

    rich_utils.ARGUMENTS_PANEL_TITLE = say("Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("Options")
    rich_utils.COMMANDS_PANEL_TITLE = say("Commands")
    rich_utils.REQUIRED_LONG_STRING = say("[required]")
    rich_utils.DEFAULT_STRING = say("[default: {value}]", value="{}")
