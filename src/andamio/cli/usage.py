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
        return UsageError(text("{name} is missing", name=_typed(error)), fix=help_line)
    if isinstance(error, click.exceptions.BadParameter):
        return UsageError(
            text("{name} does not hold: {reason}", name=_typed(error), reason=error.message), fix=help_line
        )
    unknown = _unknown_command(error)
    if unknown is not None:
        close = difflib.get_close_matches(unknown, COMMANDS, n=1)
        did_you_mean = text("did you mean andamio {command}?", command=close[0]) if close else help_line
        return UsageError(text("there is no command {name}", name=unknown), fix=did_you_mean)
    return UsageError(
        text("the command was typed wrong: {reason}", reason=error.format_message()), fix=help_line
    )


def _typed(error: click.exceptions.BadParameter) -> str:
    """Name a parameter as one types it: an option by its longest spelling, an argument as the help does."""
    if error.param is None:
        return str(error.param_hint)
    spelled = [name for name in error.param.opts if name.startswith("--")]
    own = error.param.metavar or (error.param.name or "").upper()
    return max(spelled, key=len, default=own)


def _unknown_command(error: Exception) -> str | None:
    message = str(getattr(error, "message", ""))
    prefix = "No such command '"
    return message[len(prefix) :].split("'", maxsplit=1)[0] if message.startswith(prefix) else None
