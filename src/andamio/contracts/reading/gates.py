"""Read ``[accept]``: the gates that decide whether a candidate is deployable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from andamio.contracts.contract import Accept, Gate, Input, Kind, NoiseGate, SliceGates, TagType
from andamio.contracts.reading.findings import did_you_mean
from andamio.contracts.reading.section import Section, is_number
from andamio.errors import text

# The metrics that a gate may name, and which way is better: ">" more, "<" less, "" both have a meaning.
CLASSIFICATION_METRICS: Mapping[str, str] = {
    "recall": ">",
    "precision": ">",
    "f1": ">",
    "accuracy": ">",
    "roc_auc": ">",
    "average_precision": ">",
    "false_alarm_rate": "<",
    "brier": "<",
    "cost_per_row": "<",
}
REGRESSION_METRICS: Mapping[str, str] = {
    "rmse": "<",
    "mae": "<",
    "r2": ">",
    "bias": "",
    "coverage": "",
    "interval_width": "<",
    "cost_per_row": "<",
    "phm_score": "<",
    "late_share": "<",
}
# A detector gives no probability and has no price: all others tell of it too where anomalies are known.
ANOMALY_METRICS: Mapping[str, str] = {"detection": ">"} | {
    name: better for name, better in CLASSIFICATION_METRICS.items() if name not in {"brier", "cost_per_row"}
}
NOISE_METRICS: Mapping[Kind, Mapping[str, str]] = {
    Kind.CLASSIFICATION: {"flips": "<"},
    Kind.REGRESSION: {"shift": "<"},
    Kind.ANOMALY: {"flips": "<"},
}
METRICS: Mapping[Kind, Mapping[str, str]] = {
    Kind.CLASSIFICATION: CLASSIFICATION_METRICS,
    Kind.REGRESSION: REGRESSION_METRICS,
    Kind.ANOMALY: ANOMALY_METRICS,
}
_SHARES = {"recall", "precision", "f1", "accuracy", "roc_auc", "average_precision", "false_alarm_rate"}
_SHARES |= {"brier", "coverage", "late_share", "flips", "detection"}
_OF_LIFE = frozenset(("phm_score", "late_share"))
_GATE = re.compile(r"\s*(>=|<=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


def read_accept(root: Section, kind: Kind, inputs: Sequence[Input], *, costs: bool, horizon: bool) -> Accept:
    """Read ``[accept]`` with its slices and its noise; a gate may need ``[costs]`` or a ``horizon``."""
    section = root.section("accept")
    if section is None:
        return Accept()
    slices, noise = section.section("slices"), section.section("noise")
    gates = _gates(section, METRICS[kind], ("slices", "noise"))
    if any(gate.metric == "cost_per_row" for gate in gates) and not costs:
        section.wrong("cost_per_row", text("cost_per_row needs a section [costs]"))
    for metric in sorted(_OF_LIFE & {gate.metric for gate in gates}):
        if not horizon:
            section.wrong(
                metric,
                text("{metric} measures a remaining life", metric=metric),
                fix=text("write a horizon in [model], or remove the gate"),
            )
    return Accept(
        gates=gates,
        slices=_slices(slices, kind, inputs) if slices else None,
        noise=_noise(noise, kind) if noise else None,
    )


def _slices(section: Section, kind: Kind, inputs: Sequence[Input]) -> SliceGates:
    named = [i.name for i in inputs if i.type in (TagType.CATEGORY, TagType.BOOLEAN)]
    by = section.words("by", named)
    if not section.has("by"):
        section.lacks("by", text("slices are the values of one or more category inputs"))
    return SliceGates(by=by, gates=_gates(section, METRICS[kind], ("by",)))


def _noise(section: Section, kind: Kind) -> NoiseGate:
    level = section.number("level", low=0.0, high=1.0)
    if not section.has("level"):
        section.lacks(
            "level", text("it is the share of each tag's standard deviation that is added as noise")
        )
    return NoiseGate(level=level or 0.0, gates=_gates(section, NOISE_METRICS[kind], ("level",)))


def _gates(section: Section, metrics: Mapping[str, str], others: Sequence[str]) -> tuple[Gate, ...]:
    gates = []
    for key in section.table:
        if key in others:
            continue
        if key not in metrics:
            _unknown_metric(section, key, metrics)
        elif (gate := _gate(section, key, metrics[key])) is not None:
            gates.append(gate)
    return tuple(gates)


def _unknown_metric(section: Section, key: str, metrics: Mapping[str, str]) -> None:
    elsewhere = any(key in of_kind for of_kind in METRICS.values())
    section.wrong(
        key,
        text("no gate measures {key} for this kind of model", key=key)
        if elsewhere
        else text("no gate measures {key}", key=key),
        code="contract-name",
        fix=did_you_mean(key, metrics),
    )


def _gate(section: Section, key: str, better: str) -> Gate | None:
    value = section.raw(key)
    example = f'{key} = "{better or "<"}= {value if is_number(value) else "0.9"}"'
    found = _GATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        section.wrong(
            key,
            text("{key} must be a comparison with a number, in quotes", key=key),
            fix=text("write {example}", example=example),
        )
        return None
    comparison, bound = found.group(1), float(found.group(2))
    if better and not comparison.startswith(better):
        section.wrong(
            key,
            text('{key} = "{value}" asks for a bad model', key=key, value=value),
            why=text("more {key} is better", key=key)
            if better == ">"
            else text("less {key} is better", key=key),
            fix=text("write {example}", example=f'{key} = "{better}= {found.group(2)}"'),
        )
        return None
    if key in _SHARES and not 0 <= bound <= 1:
        section.wrong(
            key,
            text('{key} = "{value}" can never decide anything', key=key, value=value),
            why=text("{key} is between 0 and 1", key=key),
        )
        return None
    return Gate(key, comparison, bound, section.findings.line(*section.path, key))
