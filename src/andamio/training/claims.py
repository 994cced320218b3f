"""Say what can be claimed with so many labels: what is known, what is open, what more labels would decide.

The sentences go into the bundle with their numbers, so that the terminal, the page and a program tell alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.errors import Text, text
from andamio.statistics.intervals import Interval
from andamio.statistics.metric_names import metric_name, short_name
from andamio.training.comparison import TITLES
from andamio.training.deciding import GateClaim, Needed, judge_gate, judge_support
from andamio.training.judging import main_metric
from andamio.training.learning_curve import LearningCurve, Point
from andamio.training.likeness import counts_assets
from andamio.training.repeated_measures import Measured
from andamio.training.repeating import DUMMY, FEWEST_OF_A_CLASS, Repeated
from andamio.training.table import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What can be claimed.

    Attributes:
        rows: Labelled rows.
        events: Of them of the class that the gates speak of; None where there is none.
        supported: Whether the model beats always giving the same answer, with 95 % confidence; None when it
            could not be measured.
        needed: To tell whether it does; None when it is told.
        gates: The gates over all rows.
        curve: What more rows would bring; None when it was not drawn.
        sentences: All of it in words.
    """

    rows: int
    events: int | None
    supported: bool | None
    needed: Needed | None
    gates: tuple[GateClaim, ...]
    curve: LearningCurve | None
    sentences: tuple[Text, ...]

    def facts(self) -> dict[str, object]:
        """Write it as plain values, but for the sentences."""
        return {
            "rows": self.rows,
            "events": self.events,
            "supported": self.supported,
            "needed": _fields(self.needed),
            "gates": [
                {
                    "gate": one.gate,
                    "state": one.state,
                    "low": one.interval.low,
                    "high": one.interval.high,
                    "needed": _fields(one.needed),
                }
                for one in self.gates
            ],
            "curve": None if self.curve is None else self.curve.facts(),
            "sentences": list(self.sentences),
        }


def claims_of(
    problem: Problem,
    repeated: Repeated,
    found: Mapping[str, Measured],
    metrics: Mapping[str, Interval],
    against_dummy: Measured | None,
    curve: LearningCurve | None,
) -> Claims:
    """Say what repeated learning allows to claim.

    Args:
        problem: All usable rows.
        repeated: What was repeated.
        found: Every metric with what its interval is made from.
        metrics: Every metric with its interval.
        against_dummy: The main metric of the model less that of the dummy.
        curve: What more rows would bring.
    """
    gates = tuple(
        judge_gate(problem, gate, found[gate.metric], metrics[gate.metric])
        for gate in problem.contract.accept.gates
        if gate.metric in metrics and math.isfinite(metrics[gate.metric].value)
    )
    main, better = main_metric(problem)
    supported, needed = judge_support(problem, main, better, against_dummy)
    told = [*_basis(problem, repeated), *_known(problem, main, metrics), *map(_of_gate, gates)]
    if against_dummy is not None:
        told.append(_of_support(main, better, against_dummy, supported, needed))
    told += _of_assets(problem, [needed, *(one.needed for one in gates)])
    if curve is not None:
        told += [_of_growth(curve, one, gain) for one, gain in zip(curve.more, curve.gains, strict=True)]
    return Claims(
        rows=len(problem),
        events=_events(problem),
        supported=supported,
        needed=needed,
        gates=gates,
        curve=curve,
        sentences=tuple(told),
    )


def no_claims(problem: Problem) -> Claims:
    """Say that nothing can be claimed: too few rows of a class to learn from some and test on others."""
    counts = np.bincount(problem.target.astype(np.int64), minlength=len(problem.classes))
    rarest = int(counts.argmin())
    needed = Needed(int(FEWEST_OF_A_CLASS - counts[rarest]), problem.classes[rarest])
    told = text(
        'Nothing can be claimed: of {rows} labelled rows {count} are "{label}". With {labels} more rows'
        ' labelled "{label}" there is something to measure.',
        rows=len(problem),
        count=int(counts[rarest]),
        label=problem.classes[rarest],
        labels=needed.labels,
    )
    return Claims(
        rows=len(problem),
        events=_events(problem),
        supported=None,
        needed=needed,
        gates=(),
        curve=None,
        sentences=(told,),
    )


def _events(problem: Problem) -> int | None:
    return None if problem.positive is None else int(np.sum(problem.target == problem.positive))


def _basis(problem: Problem, repeated: Repeated) -> Sequence[Text]:
    reuse, events = repeated.reuse, _events(problem)
    answered = len(repeated.passes[0].problem)
    rows = {"rows": len(problem)}
    if events is None or problem.positive is None:
        labelled = text("{rows} labelled rows.", **rows)
    else:
        label = problem.classes[problem.positive]
        labelled = text(
            '{rows} labelled rows, {events} of them "{label}".', events=events, label=label, **rows
        )
    holes: dict[str, object] = {"splits": reuse.splits, "passes": len(repeated.passes)}
    if answered == len(problem):
        learnt = text(
            "Learning was repeated {splits} times, in {passes} {passes:pass|passes} over all rows, and every"
            " row answered by models that had not seen it. The intervals know that rows were used again.",
            **holes,
        )
    else:
        learnt = text(
            "Learning was repeated {splits} times, in {passes} {passes:pass|passes}, and {answered} rows"
            " answered by models that had not seen them; the others, the earliest or those of a class that"
            " would else not be learnt from, were only learnt from. The intervals know that rows were used"
            " again.",
            answered=answered,
            **holes,
        )
    return labelled, learnt


def _known(problem: Problem, main: str, metrics: Mapping[str, Interval]) -> Sequence[Text]:
    gated = [gate.metric for gate in problem.contract.accept.gates]
    told = []
    for name in dict.fromkeys([main, *gated]):
        one = metrics.get(name)
        if one is not None and math.isfinite(one.value):
            told.append(
                text(
                    "{metric}: {value}, and with 95 % confidence between {low} and {high}.",
                    metric=metric_name(name),
                    value=_short(one.value),
                    low=_short(one.low),
                    high=_short(one.high),
                )
            )
    return told


def _of_gate(one: GateClaim) -> Text:
    if one.state == "met":
        return text("{gate} is met: the whole interval meets it.", gate=one.gate)
    if one.state == "missed":
        return text("{gate} is missed: the whole interval misses it.", gate=one.gate)
    ends = {"gate": one.gate, "low": _short(one.interval.low), "high": _short(one.interval.high)}
    if one.needed is None or one.needed.labels is None:
        return text(
            "{gate} cannot be decided yet (between {low} and {high}), and what was measured lies too near to"
            " the gate for more labels alone to decide it.",
            **ends,
        )
    if one.needed.of is None:
        return text(
            "{gate} cannot be decided yet (between {low} and {high}). About {labels} more labelled rows would"
            " decide it, if the value stays where it is.",
            labels=one.needed.labels,
            **ends,
        )
    return text(
        '{gate} cannot be decided yet (between {low} and {high}). About {labels} more rows labelled "{label}"'
        " would decide it, if the value stays where it is.",
        labels=one.needed.labels,
        label=one.needed.of,
        **ends,
    )


def _of_support(
    main: str, better: bool, against: Measured, supported: bool | None, needed: Needed | None
) -> Text:
    ends = against.interval()
    low, high = sorted((ends.low, ends.high) if better else (-ends.low, -ends.high))
    holes: dict[str, object] = {
        "metric": short_name(main),
        "low": _short(low),
        "high": _short(high),
        "name": TITLES[DUMMY],
    }
    if supported:
        return text(
            "These rows support a model: it is better than {name}; its advantage in {metric} lies between"
            " {low} and {high}.",
            **holes,
        )
    if needed is None or needed.labels is None:
        return text(
            "These rows do not support a model: nothing shows that it is better than {name}; its advantage in"
            " {metric} lies between {low} and {high}. More rows of the same kind promise nothing yet: look"
            " for other tags.",
            **holes,
        )
    if needed.of is None:
        return text(
            "These rows do not support a model yet: it cannot be told from {name}; its advantage in {metric}"
            " lies between {low} and {high}. If it is as large as it looks, about {labels} more labelled rows"
            " would show it.",
            labels=needed.labels,
            **holes,
        )
    return text(
        "These rows do not support a model yet: it cannot be told from {name}; its advantage in {metric} lies"
        " between {low} and {high}. If it is as large as it looks, about {labels} more rows labelled"
        ' "{label}" would show it.',
        labels=needed.labels,
        label=needed.of,
        **holes,
    )


def _of_assets(problem: Problem, needed: Sequence[Needed | None]) -> Sequence[Text]:
    """Say whose rows are wanted, where rows of one asset count as one."""
    if not counts_assets(problem) or not any(one is not None and one.labels for one in needed):
        return ()
    return (
        text("Rows of one asset are much alike: more of them tell little, rows of other assets tell more."),
    )


def _of_growth(curve: LearningCurve, then: Point, gain: Point) -> Text:
    holes = {
        "rows": then.rows,
        "metric": short_name(curve.metric),
        "value": _short(then.value),
        "low": _short(then.low),
        "high": _short(then.high),
        "gain": _short(gain.value),
        "least": _short(gain.low),
        "most": _short(gain.high),
    }
    if gain.low > 0:
        return text(
            "With {rows} labelled rows in all, expect {metric} of about {value} (between {low} and {high}):"
            " better than now by about {gain} (between {least} and {most}).",
            **holes,
        )
    return text(
        "With {rows} labelled rows in all, expect {metric} of about {value} (between {low} and {high});"
        " nothing shows yet that this is better than now (by {gain}, between {least} and {most}).",
        **holes,
    )


def _short(value: float) -> float | str:
    return float(f"{value:.3g}") if math.isfinite(value) else "–"


def _fields(needed: Needed | None) -> dict[str, object] | None:
    return None if needed is None else {"labels": needed.labels, "of": needed.of}
