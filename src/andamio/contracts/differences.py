"""Compare two contracts field by field, and tell which changes break those who send rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from andamio.contracts.contract import Contract, Feature, Gate, Input, Missing, OutOfRange, TagType, Unknown
from andamio.errors import Text, text


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs.

    Attributes:
        path: Where in the file, ``input.bearing_temp.range``.
        old: What it said, None where it said nothing.
        new: What it says.
        breaking: A row that was accepted may be refused now, or an answer means something else.
        why: What breaks.
    """

    path: str
    old: object
    new: object
    breaking: bool = False
    why: Text | None = None


def diff(old: Contract, new: Contract) -> list[Change]:
    """List what changed from one contract to another, in the order of the file."""
    changes: list[Change] = []
    for name, breaks in _MODEL_FIELDS.items():
        changes += _compared(f"model.{name}", getattr(old, name), getattr(new, name), breaks)
    changes += _compared_fields("operation", old.operation, new.operation)
    changes += _inputs(old, new)
    changes += _features(old.features, new.features)
    changes += _compared("output.name", old.output.name, new.output.name, _ANSWER)
    for name in ("threshold", "unit", "coverage"):
        breaks = _ANSWER if name == "unit" else None
        changes += _compared(
            f"output.{new.output.name}.{name}", getattr(old.output, name), getattr(new.output, name), breaks
        )
    changes += _compared("latency.p99_ms", old.p99_ms, new.p99_ms)
    changes += _compared_fields("limits", old.limits, new.limits)
    changes += _gates(old, new)
    for section in ("window", "costs", "monitor", "anomaly", "retrain", "fallback"):
        changes += _compared_fields(section, getattr(old, section), getattr(new, section))
    return changes


_ANSWER = text("the answer means something else")
_MODEL_FIELDS: Mapping[str, Text | None] = {
    "kind": _ANSWER,
    "data": None,
    "target": _ANSWER,
    "time": None,
    "asset": None,
    "positive": _ANSWER,
    "horizon": _ANSWER,
    "convolution": None,
}


def _compared(path: str, old: object, new: object, breaks: Text | None = None) -> list[Change]:
    if old == new:
        return []
    return [Change(path, old, new, breaks is not None, breaks)]


def _compared_fields(section: str, old: object, new: object) -> Iterator[Change]:
    known = old if old is not None else new
    if known is None:
        return
    for field in fields(known):  # type: ignore[arg-type]  # every section of a contract is a dataclass
        before, after = getattr(old, field.name, None), getattr(new, field.name, None)
        yield from _compared(f"{section}.{field.name}", before, after)


def _inputs(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = old.by_name, new.by_name
    for name in [*before, *(name for name in after if name not in before)]:
        path = f"input.{name}"
        if name not in after:
            yield Change(path, before[name].type, None, True, text("rows that still send it are refused"))
        elif name not in before:
            needed = after[name].missing is Missing.REJECT
            why = text("rows without it are refused") if needed else None
            yield Change(path, None, after[name].type, needed, why)
        else:
            yield from _input(path, before[name], after[name])


def _input(path: str, old: Input, new: Input) -> Iterator[Change]:
    for name, breaks in _INPUT_FIELDS.items():
        yield from _compared(f"{path}.{name}", getattr(old, name), getattr(new, name), breaks(old, new))


def _features(old: Sequence[Feature], new: Sequence[Feature]) -> Iterator[Change]:
    before, after = {f.name: f.expression for f in old}, {f.name: f.expression for f in new}
    for name in [*before, *(name for name in after if name not in before)]:
        yield from _compared(f"features.{name}", before.get(name), after.get(name))


def _gates(old: Contract, new: Contract) -> Iterator[Change]:
    before, after = _written_gates(old), _written_gates(new)
    for path in [*before, *(path for path in after if path not in before)]:
        yield from _compared(path, before.get(path), after.get(path))


def _written_gates(contract: Contract) -> dict[str, object]:
    def written(section: str, gates: Sequence[Gate]) -> dict[str, object]:
        return {f"{section}.{gate.metric}": f"{gate.comparison} {gate.bound:g}" for gate in gates}

    accept = contract.accept
    found = written("accept", accept.gates)
    if accept.slices is not None:
        found["accept.slices.by"] = accept.slices.by
        found |= written("accept.slices", accept.slices.gates)
    if accept.noise is not None:
        found["accept.noise.level"] = accept.noise.level
        found |= written("accept.noise", accept.noise.gates)
    return found


def _narrower_range(old: Input, new: Input) -> Text | None:
    if new.range is None or new.out_of_range is not OutOfRange.REJECT:
        return None
    if old.range is not None and new.range[0] <= old.range[0] and new.range[1] >= old.range[1]:
        return None
    return text("values that were accepted are refused")


def _fewer_values(old: Input, new: Input) -> Text | None:
    if new.unknown is Unknown.REJECT and not set(old.values) <= set(new.values):
        return text("values that were accepted are refused")
    return None


def _stricter(name: str, strictest: object) -> Callable[[Input, Input], Text | None]:
    def breaks(_: Input, new: Input) -> Text | None:
        return text("rows that were accepted are refused") if getattr(new, name) == strictest else None

    return breaks


def _other_type(old: Input, new: Input) -> Text | None:
    if (old.type, new.type) == (TagType.INTEGER, TagType.NUMBER):
        return None
    return text("values that were accepted are refused")


def _always(why: Text) -> Callable[[Input, Input], Text | None]:
    return lambda *_: why


_INPUT_FIELDS: Mapping[str, Callable[[Input, Input], Text | None]] = {
    "type": _other_type,
    "column": _always(text("files with the old column's name are refused")),
    "unit": _always(text("the same number means something else")),
    "range": _narrower_range,
    "out_of_range": _stricter("out_of_range", OutOfRange.REJECT),
    "missing": _stricter("missing", Missing.REJECT),
    "values": _fewer_values,
    "unknown": _stricter("unknown", Unknown.REJECT),
    "rate_hz": _always(text("the same number means something else")),
    "length": _always(text("values that were accepted are refused")),
    "accuracy": lambda *_: None,
}
