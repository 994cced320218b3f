"""``andamio status``: is the model still working?"""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from andamio.bundles.deployment import read_deployment
from andamio.bundles.workers import worker_reports
from andamio.cli.beside import beside_data, tell_beside
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.cli.status_alarms import tell_alarms
from andamio.cli.status_labels import labels_data, tell_labels
from andamio.errors import AndamioError, NotFound, text
from andamio.kernel import clock
from andamio.kernel.settings import find_plant
from andamio.language import error_json, say
from andamio.monitoring import Level, ModelHealth
from andamio.monitoring.looking import look, machines_data
from andamio.monitoring.performance import Measured
from andamio.monitoring.performance.worth import Worth
from andamio.statistics.metric_names import metric_name

_MACHINES = 5


def command(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help=say("one model only"), show_default=False)
    ] = "",
    json: Json = False,
) -> None:
    """Look at every model in production, or at one."""
    out = Output(json=json)
    folder = find_plant()
    deployment = read_deployment(folder.deployment)
    routes = {name: route for name, route in deployment.models.items() if model in {"", name}}
    if model and not routes:
        raise NotFound(
            text("{model} is not in production", model=model),
            fix=text("andamio deploy {model}@VERSION puts a version there", model=model),
        )
    workers = worker_reports(folder.workers)
    healths = []
    failures: list[AndamioError] = []
    for route in routes.values():
        try:
            healths.append(look(folder, route, archive_of(folder)))
        except AndamioError as error:
            failures.append(error)
    if workers:
        addresses = ", ".join(worker.address or worker.worker for worker in workers)
        out.say("The scoring process answers at {addresses}.", addresses=addresses)
    else:
        out.say("No scoring process is running here. Start it: andamio serve", style="yellow")
    if not routes:
        out.say("Nothing is in production yet. Next: andamio train MODEL, then andamio deploy MODEL@1")
    for health in healths:
        _tell(out, health, folder.settings.time_zone)
        tell_beside(out, health.model, routes.get(health.model), indent="  ")
    alarms: dict[str, object] | None = None
    try:
        alarms = tell_alarms(out, folder, model)
    except AndamioError as error:
        failures.append(error)
    out.data(
        {
            "generation": deployment.generation,
            "workers": [worker.worker for worker in workers],
            "models": [as_data(health) | beside_data(routes.get(health.model)) for health in healths],
            "alarms": alarms,
            **({"errors": [error_json(error)["error"] for error in failures]} if failures else {}),
        }
    )
    if failures and json:
        raise typer.Exit(failures[0].exit_status)
    if failures:
        raise failures[0]


def _tell_machines(out: Output, health: ModelHealth) -> None:
    """Say how every machine is that a model of anomalies watches, the worst first."""
    states = {
        "well": (say("well"), "green"),
        "worn": (say("worn"), "yellow"),
        "failing": (say("failing"), "red"),
    }
    for machine in health.machines[:_MACHINES]:
        word, style = states[machine.condition.state]
        out.say(
            "  {asset}: {state}, health {health} of 100",
            asset=machine.asset or health.model,
            state=word,
            health=round(machine.condition.health),
            style=style,
        )
    if len(health.machines) > _MACHINES:
        out.say("  and {n} more machines in a better state", n=len(health.machines) - _MACHINES)


def _tell_lives(out: Output, health: ModelHealth) -> None:
    """Say how long every machine has, the shortest life first."""
    for life in health.lives[:_MACHINES]:
        out.say(
            "  {asset}: {left}{unit} left at {moment}, as one course over {rows} {rows:row|rows}",
            asset=life.asset,
            left=_digits(life.left),
            unit=f" {health.unit}" if health.unit else "",
            moment=life.moment,
            rows=life.rows,
        )
    if len(health.lives) > _MACHINES:
        out.say("  and {n} more machines with longer lives", n=len(health.lives) - _MACHINES)


def _tell(out: Output, health: ModelHealth, zone: ZoneInfo) -> None:
    out.blank()
    verdicts = {
        "working": (say("works as it did at acceptance"), "green"),
        "look": (say("somebody should look at it"), "red"),
        "waiting": (say("too few predictions yet to judge it by"), "yellow"),
    }
    sentence, style = verdicts[health.verdict]
    out.say(
        "{model}@{version}: {verdict}",
        model=health.model,
        version=health.version,
        verdict=sentence,
        style=style,
    )
    out.say(
        "  {answered} {answered:row|rows} answered, {refused} refused",
        answered=health.answered,
        refused=health.refused,
    )
    for (code, tag), count in list(health.reasons.items())[:3]:
        out.say("    refused: {count} × {code} at {tag}", count=count, code=code, tag=tag or "–")
    if health.last is not None:
        out.say("  last answer {time}", time=health.last.astimezone(zone))
    if health.age is not None:
        _tell_age(out, health.age.days)
    if health.score_now is not None and health.score_then is not None:
        out.say(
            "  mean prediction {now}; in training {then}",
            now=float(f"{health.score_now:.3g}"),
            then=float(f"{health.score_then:.3g}"),
        )
    _tell_machines(out, health)
    _tell_lives(out, health)
    if health.performance.judged:
        out.say("  truth known for {n} {n:row|rows}:", n=health.performance.judged)
        for measured in health.performance.measures:
            tell_measure(out, measured)
        tell_labels(out, health.asked)
    else:
        out.say("  no truth has come back yet; andamio feedback FILE.csv brings it")
        out.say("  {estimate}", estimate=health.estimate.words)
    if health.worth is not None:
        _tell_worth(out, health.worth)
    if health.unmatched:
        out.say("  {n} {n:truth belongs|truths belong} to no prediction", n=health.unmatched)
    _tell_findings(out, health, zone)


def _tell_findings(out: Output, health: ModelHealth, zone: ZoneInfo) -> None:
    for finding in health.findings:
        mark, style = ("!", "red") if finding.level is Level.ALARM else ("·", "yellow")
        out.say("  {mark} {what}", mark=mark, what=finding.what, style=style)
        if finding.since is not None:
            out.say("      since {time}", time=finding.since.astimezone(zone))
        out.say("      {fix}", fix=finding.fix)


def _tell_worth(out: Output, worth: Worth) -> None:
    out.say(
        "  against no model it saved {saved} {currency}: {caught} events caught, {missed} missed, "
        "{false} false alarms ({rate} a shift of {hours} h)",
        saved=round(worth.saved),
        currency=worth.currency,
        caught=worth.caught,
        missed=worth.missed,
        false=worth.false_alarms,
        rate=float(f"{worth.false_alarms_per_shift:.2g}"),
        hours=worth.shift_h,
    )


def _tell_age(out: Output, days: int) -> None:
    if days:
        out.say("  trained {days} {days:day|days} ago", days=days)
    else:
        out.say("  trained today")


def tell_measure(out: Output, measured: Measured) -> None:
    """Tell one measure: its name, what it means, how it is written here, of how many rows."""
    name, plain = measured.name, say(metric_name(measured.name))
    values: dict[str, Any] = {
        "name": name if plain == name else f"{name} ({plain})",
        "value": _digits(measured.value),
        "n": measured.of,
    }
    if measured.low is None or measured.high is None:
        out.say("    {name}: {value}, of {n} {n:row|rows}", **values)
        return
    out.say(
        "    {name}: {value}, 95 % interval {low} to {high}, of {n} {n:row|rows}",
        **values,
        low=_digits(measured.low),
        high=_digits(measured.high),
    )


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


def as_data(health: ModelHealth) -> dict[str, object]:
    """Return a model's health for a program."""
    return {
        "model": health.model,
        "version": health.version,
        "digest": health.digest,
        "verdict": health.verdict,
        "answered": health.answered,
        "refused": health.refused,
        "reasons": [{"code": c, "tag": t, "count": n} for (c, t), n in health.reasons.items()],
        "last": clock.iso(health.last) if health.last else None,
        "age_days": health.age.days if health.age is not None else None,
        "rows": health.rows,
        "mean_prediction": {"now": health.score_now, "training": health.score_then},
        "performance": {
            "judged": health.performance.judged,
            "measures": [
                {"name": m.name, "value": m.value, "low": m.low, "high": m.high, "of": m.of}
                for m in health.performance.measures
            ],
        },
        **machines_data(health),
        "labels": labels_data(health.asked),
        "unmatched_truths": health.unmatched,
        "estimate": {
            "metric": health.estimate.metric,
            "value": health.estimate.value,
            "low": health.estimate.low,
            "high": health.estimate.high,
            "overlap": health.estimate.overlap,
            "what": say(health.estimate.words),
        },
        "worth": None if health.worth is None else worth_data(health.worth),
        "findings": [
            {
                "kind": f.kind,
                "level": f.level,
                "cause": f.cause,
                "certainty": f.certainty,
                "tag": f.tag,
                "asset": f.asset,
                "since": clock.iso(f.since) if f.since else None,
                "what": say(f.what),
                "try": say(f.fix),
                "data": dict(f.data),
            }
            for f in health.findings
        ],
    }


def worth_data(worth: Worth) -> dict[str, object]:
    """Return what a model was worth for a program."""
    plain = {name: getattr(worth, name) for name in worth.__slots__}
    return plain | {"doubts": [say(doubt) for doubt in worth.doubts]}
