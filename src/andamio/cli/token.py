"""``andamio token``: give access to the scoring process, and take it away, while it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from andamio.access import Token, TokenStore, actions_of
from andamio.cli.output import Json, Output
from andamio.cli.what_answers import has_registry, offering
from andamio.errors import text
from andamio.kernel import clock
from andamio.kernel.settings import find_plant
from andamio.language import say

command = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help=say("the token's name, such as line-3"))]
FileOnly = Annotated[
    bool, typer.Option("--file-only", help=say("without the audit log, when its database is away"))
]


@command.command(help=say("Make a token; its secret is shown once"))
def create(
    name: Name,
    role: Annotated[
        list[str] | None, typer.Option(help=say("machine (default), operator, monitor or maintainer"))
    ] = None,
    action: Annotated[
        list[str] | None, typer.Option(help=say("a further action: predict, feedback, read or metrics"))
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help=say("a model that it may ask (default: all of them)"))
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36500, help=say("after how many days it opens nothing more"))
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(min=1, help=say("how often it may ask in a minute (default: no limit)"))
    ] = None,
    *,
    file_only: FileOnly = False,
    json: Json = False,
) -> None:
    """Make a token. Without a role and an action it is a machine's: it predicts."""
    actions = actions_of(role or ([] if action else ["machine"]), action or ())
    models = tuple(dict.fromkeys(model or ["*"]))
    store = _store()
    store.check_free(name)
    _audit(
        "token-created",
        name,
        file_only,
        {"actions": actions, "models": models, "days": days, "per_minute": per_minute},
    )
    lasts = None if days is None else timedelta(days=days)
    token, secret = store.create(name, actions=actions, models=models, lasts=lasts, per_minute=per_minute)
    _show_secret(Output(json=json), token, secret)


@command.command("list", help=say("List the tokens and what each allows"))
def show(json: Json = False) -> None:
    """List the tokens; nobody can list their secrets."""
    out = Output(json=json)
    tokens = _store().tokens()
    out.data({"tokens": [_as_data(token) for token in tokens]})
    if not tokens:
        out.say("This plant has no tokens. andamio token create NAME makes one.")
        return
    out.table(
        [say("token"), say("allows"), say("models"), say("a minute"), say("expires")],
        [
            [
                token.name,
                ", ".join(token.actions),
                ", ".join(token.models),
                str(token.per_minute or "–"),
                _expiry(token),
            ]
            for token in tokens
        ],
    )


@command.command(help=say("Take a token away; it opens nothing a moment later"))
def revoke(name: Name, *, file_only: FileOnly = False, json: Json = False) -> None:
    """Take a token away."""
    out = Output(json=json)
    store = _store()
    token = store.revoke(name)
    _audit("token-revoked", name, file_only, None)
    out.data({"revoked": token.name})
    out.say("The token {name} opens nothing any more; no process needs a restart.", name=token.name)
    if not store.tokens():
        out.say("It was the last one: now nobody is let in until there is a new one.", style="yellow")


@command.command(help=say("Give a token a new secret, shown once"))
def rotate(
    name: Name,
    keep_minutes: Annotated[
        int, typer.Option(min=0, max=525600, help=say("how long the old secret goes on opening"))
    ] = 0,
    *,
    file_only: FileOnly = False,
    json: Json = False,
) -> None:
    """Give a token a new secret; what it allows stays."""
    store = _store()
    store.check_known(name)
    _audit("token-rotated", name, file_only, {"keep_minutes": keep_minutes})
    token, secret = store.rotate(name, keep_old=timedelta(minutes=keep_minutes))
    _show_secret(Output(json=json), token, secret)


def _store() -> TokenStore:
    return TokenStore(find_plant().tokens)


def _show_secret(out: Output, token: Token, secret: str) -> None:
    out.data({"token": _as_data(token), "secret": secret})
    out.say(
        "{name} allows {actions} on {models}.",
        name=token.name,
        actions=", ".join(token.actions),
        models=", ".join(token.models),
    )
    out.say("Its secret, which is shown this once and kept nowhere:")
    out.say("  {secret}", secret=secret, style="bold")
    out.say("Send it with every request: Authorization: Bearer SECRET")


def _expiry(token: Token) -> str:
    if token.expires is None:
        return say("never")
    day = token.expires.date().isoformat()
    return say("{day} (over)", day=day) if token.has_expired(clock.now()) else day


def _as_data(token: Token) -> dict[str, object]:
    return {
        "name": token.name,
        "actions": list(token.actions),
        "models": list(token.models),
        "created": token.created,
        "rotated": token.rotated,
        "expires": token.expires,
        "per_minute": token.per_minute,
        "expired": token.has_expired(clock.now()),
    }


def _audit(action: str, name: str, file_only: bool, new: object) -> None:
    """Write who did it; an edge box has no audit log."""
    if file_only or not has_registry():
        return
    from andamio.app import Plant

    with offering(text("the option --file-only works without the database")):
        plant = Plant.open()
        plant.audit.append(action, f"token {name}", actor=plant.actor, new=new)
