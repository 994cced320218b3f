"""Put a version's evaluation on one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from andamio.contracts.contract import Contract
from andamio.errors import Text
from andamio.language import current_language, say
from andamio.reports.plots import draw
from andamio.statistics.metric_names import metric_name

Facts = Mapping[str, Any]

# Of classes that were mixed up, so many are told in words.
_WORST_PAIRS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report is made of.

    Attributes:
        reference: ``pump-health@3``.
        digest: Of the bundle.
        contract: The bundle's.
        evaluation: As in the bundle.
        parity: As in the bundle.
        lineage: As in the bundle.
        threshold: Of the graph; None where there is none.
        made_at: When the version was registered.
        made_by: By whom.
        audit_head: The signed head of the audit log at that moment.
        unanswered: What the missing answers of ``[operation]`` will cost.
    """

    reference: str
    digest: str
    contract: Contract
    evaluation: Facts
    parity: Facts
    lineage: Facts
    threshold: float | None
    made_at: datetime
    made_by: str
    audit_head: Mapping[str, object]
    unanswered: Sequence[Text] = ()


def render_report(report: Report) -> str:
    """Write the page, in the language of the moment."""
    template = page_environment().get_template("report.html.jinja")
    evaluation = report.evaluation
    return template.render(
        report=report,
        language=current_language(),
        evaluation=evaluation,
        gates=evaluation["gates"],
        metrics=evaluation["metrics"],
        split=evaluation["split"],
        caught=_caught(evaluation),
        mixed=_mixed(evaluation),
        claims=_claims(evaluation),
        plots=_plots(report),
        slices=[part for part in evaluation["slices"] if part["rows"]],
        leaks=report.lineage.get("leaks", []),
        found=_found(report.lineage),
        main=evaluation["main"],
    )


def sentence(plain: object) -> str:
    """Say a sentence that was kept as plain values: ``{"sentence": …, "values": …}``."""
    if not isinstance(plain, Mapping):
        return "" if plain is None else str(plain)
    values = {
        name: sentence(value) if isinstance(value, Mapping) else value
        for name, value in plain["values"].items()
    }
    return say(Text(plain["sentence"], values))


def page_environment() -> Environment:
    """Return what every page is written with: autoescaping, and the language of the moment."""
    environment = Environment(
        loader=PackageLoader("andamio.reports", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "say": say,
        "sentence": sentence,
        "metric_name": lambda name: say(metric_name(name)),
    }
    environment.filters |= {"short": _short, "share": _share}
    return environment


def _plots(report: Report) -> dict[str, Markup]:
    more = {"threshold": report.threshold, "unit": report.contract.output.unit}
    curves = {
        kind: drawn for kind, drawn in report.evaluation["curves"].items() if kind != "confusion" and drawn
    }
    plots = {kind: Markup(draw(kind, drawn, **more)) for kind, drawn in curves.items()}  # noqa: S704  our own SVG
    importances = report.evaluation["importances"]
    if len(importances) > 1:
        plots["importances"] = Markup(draw("importances", {"importances": importances}))  # noqa: S704
    learning = _claims(report.evaluation).get("curve")
    if learning:
        plots["learning"] = Markup(draw("learning", learning, **more))  # noqa: S704
    return plots


def _claims(evaluation: Facts) -> Facts:
    """Return what can be claimed of few rows; without a curve where nothing was repeated."""
    claims = evaluation.get("claims")
    if not isinstance(claims, Mapping):
        return {}
    repeated = evaluation.get("measured") is not None
    return {name: value for name, value in claims.items() if repeated or name != "curve"}


def _caught(evaluation: Facts) -> Facts | None:
    """Count, for two classes with events: caught and missed, false alarms and quiet rows."""
    confusion = evaluation["curves"].get("confusion")
    if confusion is None or "recall" not in evaluation["metrics"] or len(confusion["classes"]) != 2:
        return None
    (a, b), (c, d) = confusion["counts"]
    if confusion.get("positive") is not None:
        if confusion["positive"] == 1:
            return {"events": c + d, "caught": d, "normal": a + b, "false": b}
        return {"events": a + b, "caught": a, "normal": c + d, "false": c}
    recall = evaluation["metrics"]["recall"]["value"]
    # The event's row is the one whose share of right answers is the recall.
    if c + d and recall is not None and abs(d / (c + d) - recall) < 1e-4:
        return {"events": c + d, "caught": d, "normal": a + b, "false": b}
    return {"events": a + b, "caught": a, "normal": c + d, "false": c}


def _mixed(evaluation: Facts) -> Facts | None:
    """List, for three classes and more, what was answered for each, and the pairs most often mixed up."""
    confusion = evaluation["curves"].get("confusion")
    if confusion is None or len(confusion["classes"]) < 3:
        return None
    names, counts = confusion["classes"], confusion["counts"]
    wrong = [
        {"was": names[i], "answered": names[j], "rows": count, "of": sum(row)}
        for i, row in enumerate(counts)
        for j, count in enumerate(row)
        if i != j and count
    ]
    worst = sorted(wrong, key=lambda one: one["rows"], reverse=True)[:_WORST_PAIRS]
    return {"names": names, "counts": counts, "worst": worst}


def _found(lineage: Facts) -> Sequence[Facts]:
    learnt = lineage.get("learnt")
    found = learnt.get("found", []) if isinstance(learnt, Mapping) else []
    return [one for one in found if isinstance(one, Mapping)]


def _short(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "–"
    return say("{value}", value=float(f"{value:.{digits}g}"))


def _share(value: float | None) -> str:
    return "–" if value is None else say("{value} %", value=float(f"{100 * value:.3g}"))
