"""What happens to a value as it enters the graph: impute, clip, encode, as the contract says."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import spox
import spox.opset.ai.onnx.ml.v3 as ml
import spox.opset.ai.onnx.v18 as op
from spox import Tensor, Var

from andamio.contracts.contract import Input, Missing, OutOfRange, TagType
from andamio.contracts.signal import width
from andamio.features.beginnings import begun
from andamio.features.bounds import Bounds
from andamio.features.conditions import levelled
from andamio.features.plan import FeaturePlan
from andamio.features.schedule import Blocks, Place
from andamio.features.signals.stacks import axes
from andamio.features.signals.writing import Signals
from andamio.features.terms import Column, Columns
from andamio.statistics.conditions import Conditions

# Codes of a category in the graph: its place in the list of all values, or one of these.
_UNKNOWN, _MISSING = -1, -2


@dataclass(slots=True)
class Entered:
    """The inputs inside the graph, ready to be computed with.

    Attributes:
        arguments: The inputs of the graph by name.
        blocks: Their values as columns.
        columns: Which column holds which tag, or which value of which category.
        bounds: The least and greatest value of each column, where both are certain.
        kept: The places that become features as they are.
        signals: The signals, where the contract has any.
    """

    arguments: Mapping[str, Var]
    blocks: Blocks = field(default_factory=Blocks)
    columns: Columns = field(default_factory=lambda: Columns({}, {}))
    bounds: dict[int, Bounds] = field(default_factory=dict)
    kept: list[Place] = field(default_factory=list)
    signals: Signals | None = None


def row(values: Sequence[float]) -> Var:
    """Make a constant of shape ``(1, len(values))``, one number for each column."""
    return op.const(np.array([values], dtype=np.float32))


def enter(plan: FeaturePlan) -> Entered:
    """Make the inputs of a plan's graph and the nodes that ready their values."""
    entered = Entered(_arguments(plan))
    numbers = {i.name: index for index, i in enumerate(plan.contract.numbers)}
    values = {(i.name, v): len(numbers) + place for place, (i, v) in enumerate(plan.values)}
    signals = plan.contract.signals
    entered.columns = Columns(numbers, values, {signal.name: signal for signal in signals})
    if signals:
        imputed = {s.name for s in signals if plan.contract.by_name[s.tag].missing is Missing.IMPUTE}
        samples = _samples(plan, entered.arguments["signals"], imputed)
        entered.signals = Signals(samples, signals, imputed)
    if numbers:
        block = entered.blocks.add(_numbers(plan, entered.arguments["numbers"]), len(numbers))
        for tag in plan.numbers:
            place = Place(block, numbers[tag.name])
            entered.kept.append(place)
            entered.blocks.places[Column(place.column)] = place
            limits = _limits(tag, plan)
            if limits is not None:
                entered.bounds[place.column] = limits
    if values:
        block = entered.blocks.add(_one_hot(plan, entered.arguments["categories"]), len(values))
        for column, index in enumerate(values.values()):
            entered.kept.append(Place(block, column))
            entered.blocks.places[Column(index)] = Place(block, column)
            entered.bounds[index] = (0.0, 1.0)
    return entered


def _arguments(plan: FeaturePlan) -> Mapping[str, Var]:
    arguments = {}
    if plan.contract.numbers:
        arguments["numbers"] = spox.argument(Tensor(np.float32, ("rows", len(plan.contract.numbers))))
    if plan.contract.categories:
        arguments["categories"] = spox.argument(Tensor(np.str_, ("rows", len(plan.contract.categories))))
    if plan.contract.signals:
        arguments["signals"] = spox.argument(Tensor(np.float32, ("rows", width(plan.contract.signals))))
    return arguments


def _limits(tag: Input, plan: FeaturePlan) -> Bounds | None:
    limits = (0.0, 1.0) if tag.type is TagType.BOOLEAN else tag.range
    if plan.conditions is not None and tag.name in plan.conditions.levelled:
        return None
    if limits is None or (tag.out_of_range is OutOfRange.FLAG and tag.type is not TagType.BOOLEAN):
        return None
    if tag.missing is Missing.IMPUTE:
        imputed = plan.stand_in(tag)
        return min(limits[0], imputed), max(limits[1], imputed)
    return limits


def _numbers(plan: FeaturePlan, numbers: Var) -> Var:
    """Impute, then clip, over the whole tensor at once; a column without a policy passes unchanged."""
    tags = plan.contract.numbers
    if plan.conditions is not None:
        # A range is told of readings as they are, so they are clipped before they are levelled.
        numbers = _levelled(plan.conditions, [tag.name for tag in tags], _clipped(tags, numbers))
    imputed = [
        plan.stand_in(t) if t.missing is Missing.IMPUTE and t.name not in plan.excluded else math.nan
        for t in tags
    ]
    if not all(map(math.isnan, imputed)):
        numbers = op.where(op.isnan(numbers), row(imputed), numbers)
    return numbers if plan.conditions is not None else _clipped(tags, numbers)


def _clipped(tags: Sequence[Input], numbers: Var) -> Var:
    clipped = [t.range if t.out_of_range is OutOfRange.CLIP else None for t in tags]
    if any(clipped):
        low, high = zip(*(limits or (-math.inf, math.inf) for limits in clipped), strict=True)
        numbers = op.min([op.max([numbers, row(low)]), row(high)])
    return numbers


def _levelled(conditions: Conditions, names: Sequence[str], numbers: Var) -> Var:
    wide = levelled(conditions, names, op.reshape(numbers, axes(-1, len(names), 1)))
    return op.reshape(wide, axes(-1, len(names)))


def _samples(plan: FeaturePlan, packed: Var, imputed: Collection[str]) -> Var:
    """Level the samples of windows, all of one length, and fill what lies before their beginning."""
    window, names = plan.contract.window, [signal.tag for signal in plan.contract.signals]
    if window is None or (plan.conditions is None and window.shortest == window.length):
        return packed
    samples = op.reshape(packed, axes(-1, len(names), window.length))
    if plan.conditions is not None:
        samples = levelled(plan.conditions, names, samples)
    if window.shortest < window.length:
        samples = begun(samples, names, imputed, window.length)
    return op.reshape(samples, axes(-1, len(names) * window.length))


def _one_hot(plan: FeaturePlan, categories: Var) -> Var:
    """Encode all categories at once: one column for each value, all zero for any other value."""
    tags = plan.contract.categories
    codes = {value: code for code, value in enumerate(dict.fromkeys(v for _, v in plan.values))}
    coded = ml.label_encoder(
        categories,
        keys_strings=[*codes, ""],
        values_int64s=[*codes.values(), _MISSING],
        default_int64=_UNKNOWN,
    )
    frequent = [
        codes.get(plan.most_frequent.get(t.name, ""), _UNKNOWN) if t.missing is Missing.IMPUTE else _UNKNOWN
        for t in tags
    ]
    if any(code != _UNKNOWN for code in frequent):
        missing = op.equal(coded, op.const(np.int64(_MISSING)))
        coded = op.where(missing, op.const(np.array([frequent], dtype=np.int64)), coded)
    column_of = {t.name: column for column, t in enumerate(tags)}
    wanted = op.const(np.array([column_of[i.name] for i, _ in plan.values], dtype=np.int64))
    same = op.equal(
        op.gather(coded, wanted, axis=1),
        op.const(np.array([[codes[v] for _, v in plan.values]], dtype=np.int64)),
    )
    return op.cast(same, to=np.float32)
