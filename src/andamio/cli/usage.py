"""Say in both languages what is wrong with a command line."""

from __future__ import annotations

import difflib

from typer import _click as click

from andamio.cli.commands import COMMANDS
from andamio.errors import AndamioError, UsageError, text


def explained(error: Exception) -> AndamioError | None:
    """Turn a fault of the command line into a usage error; None when it is something else."""
    if not isinstance(error, click.exceptions.ClickException):
        return None
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "andamio"
    help_line = text("{command} --help lists what it takes", command=path)
    if isinstance(error, click.exceptions.NoSuchOption):
        return UsageError(text("there is no option {option}", option=error.option_name), fix=help_line)
    if isinstance(error, click.exceptions.MissingParameter):
        name = (error.param.name or "").upper() if error.param else error.param_hint
        return UsageError(text("{name} is missing", name=name), fix=help_line)
    if isinstance(error, click.exceptions.BadParameter):
        name = error.param.name if error.param else error.param_hint
        return UsageError(
            text("{name} does not hold: {reason}", name=name, reason=error.message), fix=help_line
        )
    unknown = _unknown_command(error)
    if unknown is not None:
        close = difflib.get_close_matches(unknown, COMMANDS, n=1)
        did_you_mean = text("did you mean andamio {command}?", command=close[0]) if close else help_line
        return UsageError(text("there is no command {name}", name=unknown), fix=did_you_mean)
    return UsageError(
        text("the command was typed wrong: {reason}", reason=error.format_message()), fix=help_line
    )


def _unknown_command(error: Exception) -> str | None:
    message = str(getattr(error, "message", ""))
    prefix = "No such command '"
    return message[len(prefix) :].split("'", maxsplit=1)[0] if message.startswith(prefix) else None
