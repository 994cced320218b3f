"""``andamio error``: explain an error by its code, from the pages that travel with the package."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text as Styled

from andamio.cli.output import Json, Output
from andamio.errors import EXIT_BUG, EXIT_DONE, EXIT_INTERRUPTED, AndamioError, NotFound, text
from andamio.language import say
from andamio.language.pages import Page, codes, page

_WIDEST = 100
_INDENT = "    "


def command(
    code: Annotated[
        str, typer.Argument(metavar="[CODE]", help=say("the word in brackets after “error”; all without it"))
    ] = "",
    *,
    json: Json = False,
) -> None:
    """Print the page of one code, or the list of all codes and of the exit statuses."""
    out = Output(json=json)
    if code:
        _explain(out, _known(code))
    else:
        _list(out)


def exit_statuses() -> dict[int, str]:
    """Return what each exit status of ``andamio`` means."""
    return {
        EXIT_DONE: say("done"),
        1: say("the answer is no: a gate, a check"),
        2: say("typed wrong"),
        3: say("an input was refused"),
        4: say("not found"),
        5: say("not trusted"),
        6: say("busy: somebody else is at work"),
        7: say("the box lacks something"),
        EXIT_BUG: say("a fault of Andamio"),
        EXIT_INTERRUPTED: say("interrupted"),
    }


def _known(written: str) -> str:
    """Return the code that was meant; ``error[contract-range]:`` may be pasted whole."""
    code = written.strip().lower().removesuffix(":").removeprefix("error[").removesuffix("]")
    if code in codes():
        return code
    close = difflib.get_close_matches(code, codes(), n=1)
    raise NotFound(
        text("there is no error with the code {code}", code=code),
        fix=text("did you mean andamio {command}?", command=f"error {close[0]}")
        if close
        else text("andamio error lists every code"),
    )


def _statuses() -> dict[str, int]:
    """Return the exit status of each code that ends a command; a fault inside an error has none."""

    def below(kind: type[AndamioError]) -> Iterator[type[AndamioError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {kind.code: kind.exit_status for kind in below(AndamioError)}


def _explain(out: Output, code: str) -> None:
    found, status = page(code), _statuses().get(code)
    out.data(
        {"code": found.code, "title": found.title, "page": found.body}
        | ({"exit_status": status} if status is not None else {})
    )
    _print(out, found)
    if status is not None:
        out.blank()
        out.say(
            "The command ends with exit status {status}: {meaning}.",
            status=status,
            meaning=exit_statuses()[status],
        )


def _print(out: Output, found: Page) -> None:
    heading = Styled(f"{found.code}: {found.title}", style="bold")
    out.console.print(heading, soft_wrap=False)
    out.blank()
    width = min(out.console.width, _WIDEST)
    for line in found.body.splitlines():
        if line.startswith(_INDENT):
            out.console.print(Styled(line, style="cyan"))
            continue
        hang = "   " if line[:1].isdigit() else ""
        wrapped = textwrap.fill(
            line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
        )
        shown = Styled(wrapped)
        shown.highlight_regex(r"`[^`]+`", "cyan")
        out.console.print(shown)


def _list(out: Output) -> None:
    pages, statuses = [page(code) for code in codes()], _statuses()
    out.table([say("Code"), say("What it means")], [[one.code, one.title] for one in pages])
    out.blank()
    meanings = exit_statuses()
    out.table(
        [say("Exit status"), say("What it means")],
        [[str(number), meaning] for number, meaning in meanings.items()],
        right=[0],
    )
    out.blank()
    out.say("One of them in full: andamio error CODE")
    out.data(
        {
            "codes": [
                {"code": one.code, "title": one.title, "exit_status": statuses.get(one.code)} for one in pages
            ],
            "exit_statuses": {str(number): meaning for number, meaning in meanings.items()},
        }
    )
