"""Compile a feature plan to an ONNX graph, and run it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import spox
import spox.opset.ai.onnx.v18 as op
from numpy.typing import NDArray

from andamio.contracts.contract import Feature
from andamio.errors import FeaturesRefused, text
from andamio.features.bounds import bounded
from andamio.features.checking import refuse_wrong
from andamio.features.entering import Entered, enter, row
from andamio.features.networks import Network
from andamio.features.operations import Lowering
from andamio.features.plan import FeaturePlan
from andamio.features.portable import portable, to_bytes
from andamio.features.schedule import Place, compute
from andamio.features.sisters import SISTER_COLUMN, Sister
from andamio.features.terms import Term

# What is computed of so many samples stays in a processor's cache; and memory stays bounded.
_SAMPLES_AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class FeatureGraph:
    """A compiled plan: its ONNX model and the names of the feature columns, in order.

    Inputs of the model: ``numbers`` float32 ``(rows, k)``, NaN where missing, and ``categories``
    text ``(rows, c)``, "" where missing, and ``signals`` float32 ``(rows, samples of all signals)``, NaN
    where missing; one that the contract has none of is absent. Output: ``features`` float32
    ``(rows, len(names))``.
    """

    model: onnx.ModelProto
    names: tuple[str, ...]


class Inputs(Protocol):
    """Rows as the contract decodes them; see ``contracts.rows.Rows``."""

    @property
    def numbers(self) -> NDArray[np.float32]:
        """Shape ``(rows, k)``."""

    @property
    def categories(self) -> NDArray[np.object_]:
        """Shape ``(rows, c)``."""

    @property
    def signals(self) -> NDArray[np.float32] | None:
        """Shape ``(rows, samples of all signals)``; None where there are none."""


def feature_graph(plan: FeaturePlan) -> FeatureGraph:
    """Compile a plan.

    The order of the columns: numeric tags, one column for each value of each category, declared
    features, found features, the prediction of a sister. What happens to a value, in order: a
    missing one is imputed, one out of range is clipped (each where the contract says so), then
    features are computed in float32. A feature without a finite result (division by zero, logarithm of
    zero or less, overflow) is undefined, and takes ``plan.imputed[its name]``, or 0.

    Raises:
        FeaturesRefused: Nothing is left to be a feature, or a feature cannot be computed.
    """
    refuse_wrong(plan)
    computed = plan.computed()
    names = [i.name for i in plan.numbers]
    names += [f"{i.name}={value}" for i, value in plan.values]
    names += [feature.name for feature, _ in computed]
    if not names:
        raise FeaturesRefused(
            text("no feature is left for {model}", model=plan.contract.name),
            why=text("every input is excluded"),
            fix=text("declare at least one input that does not give the target away"),
        )
    entered = enter(plan)
    lowering = Lowering(entered.columns)
    terms = [lowering.lower(node) for _, node in computed]
    places = [*entered.kept, *_defined([f for f, _ in computed], terms, plan, entered)]
    features = entered.blocks.select(places)
    if isinstance(plan.sister, Sister):
        features = op.concat([features, plan.sister.nodes(entered.arguments)], axis=1)
        names.append(SISTER_COLUMN)
    if isinstance(plan.network, Network) and entered.signals is not None:
        read = plan.network.nodes(entered.signals.channels(plan.network.signals))
        features = op.concat([features, read], axis=1)
        names += plan.network.columns
    model = spox.build(dict(entered.arguments), {"features": features})
    return FeatureGraph(portable(model), tuple(names))


def run_features(graph: FeatureGraph, rows: Inputs) -> NDArray[np.float32]:
    """Compute the features of rows by running the graph: the same operators that will answer.

    Returns:
        Shape ``(rows, len(graph.names))``.
    """
    if not len(rows.numbers):
        # A product with no rows is refused by onnxruntime where its left side is a constant.
        return np.empty((0, len(graph.names)), np.float32)
    return _run(graph.model, rows, "features")


def run_channels(plan: FeaturePlan, names: Sequence[str], rows: Inputs) -> NDArray[np.float32]:
    """Compute what a network over some signals is given, holes filled as the contract says.

    Returns:
        Shape ``(rows, len(names), samples)``.
    """
    entered = enter(plan)
    if entered.signals is None:
        raise ValueError("there are no signals")
    channels = entered.signals.channels(names)
    if not len(rows.numbers):
        return np.empty((0, len(names), entered.signals.length_of(names[0])), np.float32)
    model = spox.build({"signals": entered.arguments["signals"]}, {"channels": channels})
    return _run(portable(model), rows, "channels")


def _run(model: onnx.ModelProto, rows: Inputs, output: str) -> NDArray[np.float32]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        to_bytes(model), sess_options=options, providers=["CPUExecutionProvider"]
    )
    feeds = {"numbers": rows.numbers, "categories": rows.categories, "signals": rows.signals}
    wanted = {i.name for i in session.get_inputs()}
    given = {name: value for name, value in feeds.items() if name in wanted and value is not None}
    samples = 0 if rows.signals is None else rows.signals.shape[1]
    step = max(1, _SAMPLES_AT_ONCE // samples) if samples else len(rows.numbers)
    parts = [
        session.run([output], {name: value[start : start + step] for name, value in given.items()})[0]
        for start in range(0, len(rows.numbers), step)
    ]
    result: NDArray[np.float32] = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return result


def _defined(
    features: Sequence[Feature], terms: Sequence[Term], plan: FeaturePlan, entered: Entered
) -> list[Place]:
    """Give each feature its place, replacing what may be undefined by its constant."""
    blocks = entered.blocks
    compute(terms, blocks, entered.signals)
    places = [blocks.places[term] for term in terms]
    sure = bounded(terms, entered.bounds)
    open_ones = [index for index, always in enumerate(sure) if not always]
    if open_ones:
        values = blocks.select([places[index] for index in open_ones])
        instead = [plan.imputed.get(features[index].name, 0.0) for index in open_ones]
        # A finite number less itself is zero; NaN and the infinities give NaN.
        undefined = op.isnan(op.sub(values, values))
        number = blocks.add(op.where(undefined, row(instead), values), len(open_ones))
        for column, index in enumerate(open_ones):
            places[index] = Place(number, column)
    return places
