"""Tell who is at work beside a champion: a canary, an A/B trial, a shadow."""

from __future__ import annotations

from andamio.bundles.deployment import Route, Served, Trial
from andamio.cli.output import Output
from andamio.errors import Text, text
from andamio.language import say


def tell_beside(out: Output, model: str, route: Route | None, *, indent: str = "") -> None:
    """Say it in a line for each; a champion alone has none."""
    if route is None:
        return
    for line in _lines(model, route):
        out.say("{line}", line=indent + say(line))


def beside_data(route: Route | None) -> dict[str, object]:
    """Return it for a program: canary, ab and shadow, each null when there is none."""
    trial = route.trial if route is not None else None
    shadow = route.shadow if route is not None else None
    told: dict[str, object] = {kind: _trial_data(trial, kind) for kind in ("canary", "ab")}
    return told | {"shadow": _served_data(shadow)}


def beside_words(route: Route | None) -> str:
    """Return it in few words, for a table's cell."""
    if route is None:
        return "–"
    words = []
    if route.trial is not None:
        words.append(f"{route.trial.kind} @{route.trial.challenger.version} {route.trial.share:g} %")
    if route.shadow is not None:
        words.append(f"shadow @{route.shadow.version}")
    return ", ".join(words) or "–"


def _lines(model: str, route: Route) -> list[Text]:
    lines = []
    if route.trial is not None:
        challenger = f"{model}@{route.trial.challenger.version}"
        share = f"{route.trial.share:g}"
        lines.append(
            text(
                "{version} is a canary: it answers {share} % of the assets.", version=challenger, share=share
            )
            if route.trial.kind == "canary"
            else text(
                "{version} answers {share} % of the assets in an A/B trial.", version=challenger, share=share
            )
        )
    if route.shadow is not None:
        shadow = f"{model}@{route.shadow.version}"
        lines.append(text("{version} is a shadow: it hears everything and answers nobody.", version=shadow))
    return lines


def _trial_data(trial: Trial | None, kind: str) -> dict[str, object] | None:
    if trial is None or trial.kind != kind:
        return None
    challenger = trial.challenger
    return {"version": challenger.version, "digest": challenger.digest, "share": trial.share}


def _served_data(served: Served | None) -> dict[str, object] | None:
    return None if served is None else {"version": served.version, "digest": served.digest}
