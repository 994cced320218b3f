"""What ``andamio train`` prints: what is being tried, then the answer in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from andamio.cli.output import Output
from andamio.cli.versions import (
    claims_data,
    figure,
    interval,
    metric_label,
    offered_data,
    said,
    tell_claims,
    tell_offered,
    verdict,
)
from andamio.errors import text
from andamio.language import say
from andamio.lifecycle.learning import LearntVersion
from andamio.training.judging import plain
from andamio.training.run import Candidate
from andamio.training.study import Step


class Watching:
    """Shows each step: a moving line on a terminal, one line a step elsewhere, nothing in JSON mode."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._last = ""
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            console=out.console,
            transient=True,
            disable=out.json or not out.console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("", total=None)

    def __enter__(self) -> Watching:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Show a step as it begins."""
        sentence = say(step.text)
        known = step.total > 0
        self._bar.update(
            self._task,
            description=sentence,
            total=step.total if known else None,
            completed=step.done if known else 0.0,
        )
        if not self._out.console.is_terminal and sentence != self._last:
            self._out.say("  {step} …", step=sentence)
        self._last = sentence


def tell(out: Output, learnt: LearntVersion) -> None:
    """Say what came out: rows, leaks, the winner, metrics, gates, what it means, and what to type next."""
    candidate = learnt.candidate
    _tell_rows(out, candidate)
    _tell_leaks(out, candidate)
    out.blank()
    _tell_headline(out, learnt)
    _tell_metrics(out, candidate)
    for one in candidate.evaluation.comparisons:
        if one.name != "dummy" or one.as_good:
            out.say(one.sentence)
    _tell_gates(out, candidate)
    tell_offered(out, candidate.parts.lineage)
    tell_claims(out, candidate.parts.evaluation, learnt.version.model)
    _tell_latency(out, candidate)
    _tell_unanswered(out, candidate)
    _tell_verdict(out, learnt)


def facts(learnt: LearntVersion) -> dict[str, object]:
    """Return the same for a program."""
    candidate, version = learnt.candidate, learnt.version
    evaluation = candidate.parts.evaluation
    return {
        "version": version.reference,
        "digest": version.digest,
        "deployable": candidate.deployable,
        "known": learnt.known,
        "candidate": candidate.name,
        "metrics": evaluation["metrics"],
        "gates": [{**gate, "note": said(gate["note"])} for gate in evaluation["gates"]],
        "claims": claims_data(evaluation),
        "offered": offered_data(candidate.parts.lineage),
        "measured": evaluation["measured"],
        "held_out": evaluation["held_out"],
        "slices": evaluation["slices"],
        "simpler": [
            {"name": one.name, "as_good": one.as_good, "sentence": say(one.sentence)}
            for one in candidate.evaluation.comparisons
        ],
        "leaks": [
            {
                "tag": leak.column,
                "kind": leak.kind,
                "excluded": leak.column in candidate.excluded,
                "reason": say(leak.reason),
            }
            for leak in candidate.leaks
        ],
        "left_out": [{"reason": say(item.reason), "rows": item.rows} for item in candidate.left_out],
        "split": {"rule": candidate.split.rule, "note": say(candidate.split.note)},
        "unanswered": {key: say(cost) for key, cost in candidate.unanswered},
        "lineage": candidate.parts.lineage,
        "record": plain(candidate.record),
        "report": str(learnt.report),
    }


def _tell_headline(out: Output, learnt: LearntVersion) -> None:
    candidate = learnt.candidate
    sentence = text("{reference}: {title}, measured on {rows} rows it never saw")
    rows = int(candidate.split.test.size)
    if candidate.was_brought:
        sentence = text("{reference}: {title}, measured on {rows} rows")
    if candidate.evaluation.repeated is not None:
        sentence = text("{reference}: {title}, measured on {rows} rows by models that had not seen them")
        rows = len(candidate.evaluation.repeated.passes[0].problem)
    out.say(
        sentence,
        style="bold",
        reference=learnt.version.reference,
        title=candidate.title,
        rows=rows,
    )
    if candidate.was_brought:
        out.say("Nobody here knows whether it has seen these rows before: if it has, the figures flatter it.")


def _tell_rows(out: Output, candidate: Candidate) -> None:
    for item in candidate.left_out:
        out.say("{rows} rows were not used: {reason}", rows=item.rows, reason=item.reason)
    out.say(candidate.split.note)


def _tell_leaks(out: Output, candidate: Candidate) -> None:
    for leak in candidate.leaks:
        if leak.column in candidate.excluded:
            out.say("{tag} was not learnt from: {reason}", tag=leak.column, reason=leak.reason)
        else:
            out.say("{tag} was learnt from, please check it: {reason}", tag=leak.column, reason=leak.reason)
    if candidate.excluded:
        out.say("A tag that is known before the event is kept with --keep TAG.")


def _tell_metrics(out: Output, candidate: Candidate) -> None:
    measured: Mapping[str, Any] = candidate.parts.evaluation["metrics"]
    rows = [
        [metric_label(name), interval(found)]
        for name, found in measured.items()
        if found["value"] is not None
    ]
    out.table([say("measured"), say("value, with 95 % interval")], rows)


def _tell_gates(out: Output, candidate: Candidate) -> None:
    out.blank()
    rows = [
        [
            gate.gate,
            _where(candidate, gate.where),
            figure(gate.value if math.isfinite(gate.value) else None),
            verdict(gate.passed),
            said(plain(gate.note)) or "",
        ]
        for gate in candidate.evaluation.gates
    ]
    out.table([say("gate"), say("on"), say("value"), say("verdict"), ""], rows, right=[2])
    if len(rows) == 1:
        out.say("[accept] of the contract sets no gate: nothing but parity was judged.")


def _where(candidate: Candidate, where: str) -> str:
    if where in {"parity", "graph"}:
        return ""
    if where != "all":
        return where
    return say("all held-out rows") if candidate.evaluation.repeated is None else say("all rows")


def _tell_latency(out: Output, candidate: Candidate) -> None:
    measured = candidate.record.get("latency")
    if not isinstance(measured, Mapping):
        return
    out.blank()
    out.say(
        "One row takes {p50} ms in the graph on this box (99 of 100 rows under {p99} ms).",
        p50=float(f"{measured['p50_ms']:.2g}"),
        p99=float(f"{measured['p99_ms']:.2g}"),
    )


def _tell_unanswered(out: Output, candidate: Candidate) -> None:
    if not candidate.unanswered:
        return
    out.blank()
    out.say("[operation] of the contract leaves questions open. What that will cost:")
    for _, cost in candidate.unanswered:
        out.say("  {cost}", cost=cost)


def _tell_verdict(out: Output, learnt: LearntVersion) -> None:
    reference, candidate = learnt.version.reference, learnt.candidate
    out.blank()
    if learnt.known:
        out.say("The same bundle was there before, as {reference}.", reference=reference)
    if candidate.deployable:
        out.say("{reference} may be deployed: no gate failed.", style="bold green", reference=reference)
        claims = candidate.evaluation.claims
        if claims is not None and claims.supported is False:
            out.say(
                "But nothing shows yet that it is better than always the same answer"
                " (see what can be claimed).",
                style="yellow",
            )
    else:
        failed = [gate for gate in candidate.evaluation.gates if gate.passed is False]
        out.say(
            "{reference} is not deployable: {count} of its gates failed.",
            style="bold red",
            reference=reference,
            count=len(failed),
        )
    out.say("Report: {path}", path=learnt.report)
    if candidate.deployable:
        out.say("Next: andamio deploy {reference}", reference=reference)
    else:
        out.say(
            "Next: look at the report; then more history, another feature or another gate in"
            " models/{model}.toml",
            model=learnt.version.model,
        )
