"""Read the short sections: model, operation, output, latency, limits, costs, monitoring, retraining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from andamio.contracts.contract import (
    Costs,
    Input,
    Kind,
    Limits,
    Monitor,
    Operation,
    Output,
    Retrain,
    Threshold,
)
from andamio.contracts.reading.inputs import TAG_NAME
from andamio.contracts.reading.networks import read_convolution, read_int8
from andamio.contracts.reading.section import Section, is_number
from andamio.contracts.reading.windows import read_horizon
from andamio.contracts.spelling import spelled
from andamio.contracts.window import Horizon
from andamio.errors import text

SCHEDULES = ("hourly", "daily", "weekly", "monthly", "quarterly", "yearly")
REASONS = ("harm", "drift")
ON_FULL_DISK = ("stop", "score-unlogged")
# What [output.NAME] may say of each kind; the limit of an anomaly comes from its budget of false alarms.
_SAID = {
    Kind.CLASSIFICATION: {"threshold"},
    Kind.REGRESSION: {"coverage", "unit"},
    Kind.ANOMALY: set[str](),
}


@dataclass(frozen=True, slots=True)
class ModelSection:
    """What ``[model]`` says."""

    kind: Kind
    data: str
    target: str
    time: str | None
    asset: str | None
    positive: str | None
    horizon: Horizon | None = None
    convolution: bool = False


def read_model(root: Section) -> ModelSection:
    """Read ``[model]``: what is asked, of which data."""
    section = root.section("model")
    if section is None:
        if not root.has("model"):
            root.lacks("model", text("it says what is asked of the model, and of which data"))
        return ModelSection(Kind.CLASSIFICATION, "", "", None, None, None)
    kind = section.choice("kind", Kind, Kind.CLASSIFICATION)
    if not section.has("kind"):
        section.lacks("kind", text("it is one of classification, regression, anomaly"))
    to_the_end = kind is Kind.REGRESSION and section.has("horizon")
    needs_target = (
        None
        if kind is Kind.ANOMALY or to_the_end
        else text("it is the column that the model learns to answer")
    )
    model = ModelSection(
        kind=kind,
        data=section.string("data", required=text("it is the dataset that the model is trained on")) or "",
        target=section.string("target", required=needs_target) or "",
        time=section.string("time"),
        asset=section.string("asset"),
        positive=_positive(section, kind),
        horizon=read_horizon(section, kind),
        convolution=read_convolution(section, kind),
    )
    section.close()
    return model


def check_target(root: Section, model: ModelSection, inputs: Sequence[Input]) -> None:
    """Note inputs that read what the model must not see."""
    for declared in inputs:
        if declared.column == model.target:
            root.findings.add(
                text('the input {name} reads the target "{target}"', name=declared.name, target=model.target),
                ("input", declared.name),
                why=text("the model would be told the answer"),
                fix=text("remove the input"),
            )
        elif declared.column == model.time:
            root.findings.add(
                text(
                    'the input {name} reads the time column "{column}"', name=declared.name, column=model.time
                ),
                ("input", declared.name),
                fix=text("remove the input, or remove time from [model]"),
            )


def read_operation(root: Section) -> Operation:
    """Read ``[operation]``: is there a way to production?"""
    section = root.section("operation")
    if section is None:
        return Operation()
    operation = Operation(
        owner=section.string("owner"),
        runs_at=section.string("runs_at"),
        inputs_from=section.string("inputs_from"),
        truth_from=section.string("truth_from"),
        on_full_disk="score-unlogged"
        if section.word("on_full_disk", ON_FULL_DISK) == "score-unlogged"
        else "stop",
        keep_signals=1.0 if (kept := section.number("keep_signals", low=0.0, high=1.0)) is None else kept,
    )
    section.close()
    return operation


def read_output(root: Section, kind: Kind) -> Output:
    """Read ``[output.NAME]``; without it the output is called "prediction"."""
    sections = root.section("output")
    if sections is None or not sections.table:
        return Output(name="prediction")
    name, *others = sections.table
    for other in others:
        sections.wrong(other, text("a model has one output"), fix=text("make a contract for each output"))
    section = sections.section(name)
    if section is None:
        return Output(name=name)
    if not TAG_NAME.fullmatch(name):
        sections.wrong(name, text("{name} cannot be the name of an output", name=name))
    threshold, coverage = _threshold(section), section.number("coverage", low=0.5, high=0.999)
    unit = section.string("unit")
    allowed = _SAID[kind]
    for key in ("threshold", "coverage", "unit"):
        if section.has(key) and key not in allowed:
            section.wrong(
                key, text("{key} says nothing about a {type}", key=key, type=kind), fix=text("remove it")
            )
    if threshold == "cost" and not root.has("costs"):
        section.wrong(
            "threshold",
            text('threshold = "cost" needs a section [costs]'),
            fix=text("add [costs] with missed_failure and false_alarm"),
        )
    section.close()
    return Output(name=name, threshold=threshold, unit=unit, coverage=0.9 if coverage is None else coverage)


def read_latency(root: Section) -> float | None:
    """Read ``[latency]``: milliseconds that 99 of 100 answers stay under."""
    section = root.section("latency")
    if section is None:
        return None
    p99_ms = section.number("p99_ms", low=0.001)
    section.close()
    return p99_ms


def read_limits(root: Section, *, network: bool) -> Limits:
    """Read ``[limits]``: what the graph may weigh, how long one row may take, how a network is computed."""
    section = root.section("limits")
    if section is None:
        return Limits()
    limits = Limits(
        model_mb=section.number("model_mb", low=0.001, high=1000.0),
        p99_ms=section.number("p99_ms", low=0.001),
        int8=read_int8(section, asked=network),
    )
    section.close()
    return limits


def read_costs(root: Section, kind: Kind) -> Costs | None:
    """Read ``[costs]``: of the two mistakes of a class, or of a number that is too high or too low."""
    section = root.section("costs")
    if section is None:
        return None
    keys, others = ("missed_failure", "false_alarm"), ("late", "early")
    if kind is Kind.REGRESSION:
        keys, others = others, keys
    for key in others:
        if section.has(key):
            section.wrong(
                key,
                text("{key} says nothing about a {type}", key=key, type=kind),
                fix=text("write {keys}", keys=" / ".join(keys)),
            )
            section.raw(key)
    least = 1e-9 if kind is Kind.REGRESSION else 0.0
    first, second = (section.number(key, low=least) or 0.0 for key in keys)
    for key in keys:
        if not section.has(key):
            section.lacks(key, text("a cost is compared with the other cost"))
    currency = section.string("currency") or "USD"
    section.close()
    if kind is Kind.REGRESSION:
        return Costs(late=first, early=second, currency=currency)
    return Costs(missed_failure=first, false_alarm=second, currency=currency)


def read_monitor(root: Section, inputs: Sequence[Input]) -> Monitor:
    """Read ``[monitor]``."""
    section = root.section("monitor")
    if section is None:
        return Monitor()
    budget = section.number("false_alarms_per_month", low=0.0)
    context = section.words("context", [i.name for i in inputs])
    section.close()
    return Monitor(false_alarms_per_month=1.0 if budget is None else budget, context=context)


def read_retrain(root: Section) -> Retrain:
    """Read ``[retrain]``."""
    section = root.section("retrain")
    if section is None:
        return Retrain()
    approve: Literal["person", "automatic"] = (
        "automatic" if section.word("approve", ("person", "automatic")) == "automatic" else "person"
    )
    retrain = Retrain(
        schedule=section.word("schedule", SCHEDULES), on=section.words("on", REASONS), approve=approve
    )
    section.close()
    return retrain


def _positive(section: Section, kind: Kind) -> str | None:
    value = section.raw("positive")
    if value is None:
        return None
    if not isinstance(value, (str, int, bool)) or value == "":
        section.wrong("positive", text("positive must be the name of one class"))
        return None
    if kind is Kind.REGRESSION:
        section.wrong("positive", text("{key} says nothing about a {type}", key="positive", type=kind))
    return spelled(value)


def _threshold(section: Section) -> Threshold:
    value = section.raw("threshold")
    if value is None or value in ("f1", "cost"):
        return "cost" if value == "cost" else "f1"
    if is_number(value) and 0.0 <= float(str(value)) <= 1.0:
        return float(str(value))
    section.wrong("threshold", text('threshold must be a number between 0 and 1, "f1" or "cost"'))
    return "f1"
