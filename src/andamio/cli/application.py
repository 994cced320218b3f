"""Find the command, run it, and turn whatever goes wrong into a kind error and an exit status."""

from __future__ import annotations

import errno
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from andamio import __version__
from andamio.cli.commands import COMMANDS
from andamio.cli.help_words import in_our_words
from andamio.cli.usage import explained
from andamio.errors import (
    EXIT_BUG,
    EXIT_INTERRUPTED,
    AndamioError,
    DiskFull,
    MissingExtra,
    Unequipped,
    UsageError,
    text,
)
from andamio.kernel.settings import SETTINGS_FILE, read_settings
from andamio.language import error_json, render_error, say
from andamio.language.speech import LANGUAGES, set_language

_PLANT_PACKAGES = (
    "polars",
    "sqlalchemy",
    "alembic",
    "deltalake",
    "sklearn",
    "lightgbm",
    "onnx",
    "spox",
    "optuna",
    "apprise",
)


class LazyCommands(TyperGroup):
    """A group that knows every command's name and imports only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  the name is the base class's
        """List the commands in the order of a model's life."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        if ctx.params.get("_listing"):
            return _summary(cmd_name)
        return load_command(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help without importing any command."""
        ctx.params["_listing"] = True
        super().format_help(ctx, formatter)


def load_command(name: str) -> Any:
    """Import a command's module and build its command line."""
    spec = COMMANDS[name]
    command = importlib.import_module(f"andamio.cli.{spec.module}").command
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    if isinstance(command, typer.Typer):
        command.info.help = say(spec.help)
        return in_our_words(typer.main.get_group(command))
    alone = typer.Typer(add_completion=False)
    alone.command(name=name, help=say(spec.help))(command)
    return in_our_words(typer.main.get_command(alone))


def _summary(name: str) -> Any:
    alone = typer.Typer(add_completion=False)
    alone.command(name=name, help=say(COMMANDS[name].help), rich_help_panel=say(COMMANDS[name].panel))(
        lambda: None
    )
    return typer.main.get_command(alone)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; the plant and the language it chose end with it."""
    before = {name: os.environ.get(name) for name in ("ANDAMIO_PLANT", "ANDAMIO_LANG")}
    try:
        return copy_context().run(_run, arguments)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _run(arguments: Sequence[str]) -> int:
    _choose_language()
    as_json = "--json" in arguments
    try:
        # The group is built after the language is known: its help is written in it.
        status = _root().main(args=list(arguments), prog_name="andamio", standalone_mode=False)
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  the outermost door: every failure becomes a kind error
        return _fail(_kind(error), as_json=as_json, cause=error)
    if status == EXIT_INTERRUPTED:  # Typer has turned Ctrl-C into this status, and said nothing
        return _interrupted()
    return status if isinstance(status, int) else 0


def _interrupted() -> int:
    sys.stderr.write("\n" + say("interrupted; nothing was left half-written, run the command again") + "\n")
    return EXIT_INTERRUPTED


def _root() -> Any:
    root = typer.Typer(
        cls=LazyCommands,
        add_completion=False,
        no_args_is_help=True,
        help=say("Run machine-learning models in a factory, and keep them running."),
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @root.callback()
    def andamio(
        plant: str = typer.Option(
            "", "--plant", "-C", metavar="FOLDER", help=say("the plant's folder (default: here or above)")
        ),
        language: str = typer.Option("", "--language", metavar="es|en", help=say("the language to speak")),
        version: bool = typer.Option(
            False, "--version", help=say("print the version"), is_eager=True, callback=_print_version
        ),
    ) -> None:
        if plant:
            os.environ["ANDAMIO_PLANT"] = plant
            _choose_language()
        if language and language not in LANGUAGES:
            raise UsageError(
                text("there is no language {name}", name=language),
                fix=text("--language es, or --language en"),
            )
        if language:
            os.environ["ANDAMIO_LANG"] = language
            set_language(language)
        del version  # its callback has answered

    root.command(name="version", hidden=True)(lambda: typer.echo(__version__))
    return in_our_words(typer.main.get_group(root))


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


def _choose_language() -> None:
    """Speak the language of ANDAMIO_LANG, else the plant's, else the system's."""
    if os.environ.get("ANDAMIO_LANG"):
        return
    here = Path(os.environ.get("ANDAMIO_PLANT") or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        file = folder / SETTINGS_FILE
        if file.is_file():
            try:
                set_language(read_settings(file).plant.language)
            except (AndamioError, OSError):
                return  # the command that needs the settings says what is wrong with them
            return


def _kind(error: Exception) -> AndamioError:
    """Turn any exception into one of the tree."""
    if isinstance(error, AndamioError):
        return error
    usage = explained(error)
    if usage is not None:
        return usage
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in _PLANT_PACKAGES:
        return MissingExtra(
            text("this command needs the plant part of Andamio, and this box has only the base"),
            why=text("the package {package} is not installed", package=error.name),
            fix=text("install it from where this copy came: pip install '.[plant]' in the checkout's folder"),
        )
    if isinstance(error, OSError):
        return _kind_os(error)
    return AndamioError(
        text("an error that should not happen: {name}: {reason}", name=type(error).__name__, reason=error),
        why=text("this is a fault of Andamio, not of your input"),
        fix=text("run it again with ANDAMIO_DEBUG=1 and send the text that appears"),
    )


def _kind_os(error: OSError) -> AndamioError:
    place = text("{place}", place=error.filename or "")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            text("the disk is full"),
            where=place,
            fix=text("free some space on this disk and run the command again"),
        )
    reason = error.strerror or str(error)
    return Unequipped(
        text("the system refused: {reason}", reason=reason),
        where=place if error.filename else None,
        fix=text("check that the file or folder exists and that you may read and write it"),
    )


def _fail(error: AndamioError, *, as_json: bool, cause: Exception) -> int:
    if os.environ.get("ANDAMIO_DEBUG") or (error.exit_status == EXIT_BUG and os.environ.get("ANDAMIO_CI")):
        traceback.print_exception(cause)
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(error_json(error), enc_hook=str).decode() + "\n")
    else:
        sys.stderr.write(render_error(error) + "\n")
    return error.exit_status
