"""``andamio models``: the models of this plant and their versions."""

from __future__ import annotations

from datetime import datetime

from andamio.app import Plant
from andamio.bundles.deployment import Route
from andamio.cli.beside import beside_data, beside_words
from andamio.cli.output import Json, Output
from andamio.cli.versions import moment
from andamio.kernel import clock
from andamio.language import say
from andamio.registry import ModelSummary


def command(json: Json = False) -> None:
    """List the models: what answers, since when, and what could."""
    out = Output(json=json)
    plant = Plant.open()
    summaries = plant.registry.models()
    known = {summary.model for summary in summaries}
    waiting = [name for name in plant.contract_names() if name not in known]
    routes = plant.switchboard.read().models
    out.data(
        {
            "models": [_as_data(summary) | beside_data(routes.get(summary.model)) for summary in summaries],
            "not_trained": waiting,
        }
    )
    if summaries:
        out.table(
            [
                say("model"),
                say("in production"),
                say("since"),
                say("beside it"),
                say("newest"),
                say("age"),
                say("versions"),
                say("deployable"),
            ],
            [_row(summary, plant, routes.get(summary.model)) for summary in summaries],
            right=(6, 7),
        )
    for name in waiting:
        out.say("{model} has a contract and no version yet. Next: andamio train {model}", model=name)
    if not summaries and not waiting:
        out.say("This plant has no model yet. Start with: andamio init PLANT --from FILE --target COLUMN")
    for summary in summaries:
        if summary.champion is None and summary.deployable:
            out.say("Nothing of {model} is in production. Next: andamio show {model}", model=summary.model)


def _row(summary: ModelSummary, plant: Plant, route: Route | None) -> list[str]:
    return [
        summary.model,
        f"@{summary.champion.number}" if summary.champion else "–",
        moment(summary.champion_since, plant) if summary.champion_since else "–",
        beside_words(route),
        f"@{summary.newest.number}",
        _age(summary.newest.created_at),
        say("{n}", n=summary.versions),
        say("{n}", n=summary.deployable),
    ]


def _age(created_at: str) -> str:
    days = (clock.now() - datetime.fromisoformat(created_at)).days
    return say("{days} days", days=days) if days > 0 else say("today")


def _as_data(summary: ModelSummary) -> dict[str, object]:
    return {
        "model": summary.model,
        "champion": summary.champion.number if summary.champion else None,
        "champion_since": summary.champion_since,
        "newest": summary.newest.number,
        "newest_created_at": summary.newest.created_at,
        "versions": summary.versions,
        "deployable": summary.deployable,
    }
