"""Take a model that somebody brings as ONNX: check it, map its inputs and outputs to ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import version_converter

from andamio.contracts.contract import Contract
from andamio.errors import Fault, ModelRefused, Text, text
from andamio.features.brought import Brought, Feed
from andamio.features.portable import nodes, refuse_foreign
from andamio.features.scores import Score, Selected

_OPSET = 18
_NUMERIC: Mapping[int, type] = {
    onnx.TensorProto.FLOAT: np.float32,
    onnx.TensorProto.DOUBLE: np.float64,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.INT32: np.int32,
    onnx.TensorProto.BOOL: np.bool_,
}


def bring_onnx(
    content: bytes, contract: Contract, names: Sequence[str], classes: Sequence[str] = ()
) -> Score:
    """Check a brought ONNX model and make a score of it.

    It may have one input with a column for each feature, in their order, or one input for each tag or
    feature that it needs, named as the tag, its column in the dataset, or the feature. A ZipMap at its
    end is taken off.

    Args:
        content: The file's bytes.
        contract: Tells the tags and their columns.
        names: The feature columns, as ``FeatureGraph.names``.
        classes: The classes in our order; none for a regression.

    Returns:
        Probabilities, one column for each class in our order (or one column alone, that of the
        positive class), or one column with the value.

    Raises:
        ModelRefused: It is no ONNX, is not self-contained, or its inputs or outputs do not fit.
    """
    model = _read(content)
    refuse_foreign(model)
    labels = _labels(model)
    _take_zipmap_off(model)
    model = _modern(model)
    feeds = _feeds(model, contract, names)
    outputs = _try(model, feeds)
    return _choose(model, feeds, outputs, labels, tuple(classes))


def _read(content: bytes) -> onnx.ModelProto:
    if content[:1] == b"\x80":
        raise ModelRefused(
            text("the model is a pickle"),
            why=text("opening a pickle runs whatever code is inside it"),
            fix=text("convert it to ONNX where it was made: skl2onnx.to_onnx(model, X[:1])"),
        )
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelRefused(text("the file is not an ONNX model")) from error
    if not model.graph.output or not model.opset_import:
        raise ModelRefused(text("the file is not an ONNX model"))
    return model


def _labels(model: onnx.ModelProto) -> tuple[str, ...]:
    for node in reversed(list(nodes(model.graph))):
        for attribute in node.attribute:
            if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
                return tuple(str(label) for label in attribute.ints)
            if attribute.name == "classlabels_strings" and attribute.strings:
                return tuple(label.decode() for label in attribute.strings)
    return ()


def _take_zipmap_off(model: onnx.ModelProto) -> None:
    """Replace an output that is a list of dictionaries by the probabilities it was made from."""
    graph = model.graph
    maps = {node.output[0]: node for node in graph.node if node.op_type == "ZipMap"}
    for output in graph.output:
        if output.name in maps:
            source = maps[output.name].input[0]
            graph.node.remove(maps[output.name])
            output.CopyFrom(
                onnx.helper.make_tensor_value_info(source, onnx.TensorProto.FLOAT, ("rows", None))
            )


def _modern(model: onnx.ModelProto) -> onnx.ModelProto:
    """Free the number of rows and raise old operators to the version of our own."""
    for value in (*model.graph.input, *model.graph.output):
        shape = value.type.tensor_type.shape
        if shape.dim:
            shape.dim[0].Clear()
            shape.dim[0].dim_param = "rows"
    del model.graph.value_info[:]
    version = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=_OPSET)
    if version >= _OPSET:
        return model
    try:
        return version_converter.convert_version(model, _OPSET)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ModelRefused(
            text("the model's operators are of version {version} and cannot be raised", version=version),
            fix=text("convert it again with target_opset={opset}", opset=_OPSET),
        ) from error


def _feeds(model: onnx.ModelProto, contract: Contract, names: Sequence[str]) -> tuple[Feed, ...]:
    stored = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in stored]
    if len(inputs) == 1 and inputs[0].type.tensor_type.elem_type in _NUMERIC:
        shape = inputs[0].type.tensor_type.shape
        width = shape.dim[1].dim_value if len(shape.dim) == 2 else 0
        if width != 1 or len(names) == 1:
            return (_matrix(inputs[0], width, names),)
    known = _known_names(contract, names)
    faults: list[Fault] = []
    feeds = [feed for value in inputs if (feed := _named(value, known, contract, faults)) is not None]
    if faults:
        raise ModelRefused(
            text("the model's inputs are not those of {model}", model=contract.name), faults=faults
        )
    return tuple(feeds)


def _matrix(value: onnx.ValueInfoProto, width: int, names: Sequence[str]) -> Feed:
    if width not in (0, len(names)):
        raise ModelRefused(
            text(
                "the model takes {width} columns, and there are {count} features",
                width=width,
                count=len(names),
            ),
            why=text("the features are, in order: {names}", names=", ".join(names)),
            fix=text("declare exactly the inputs and features that it was trained on, in that order"),
        )
    return Feed(value.name, tuple(range(len(names))), _NUMERIC[value.type.tensor_type.elem_type], 2)


def _known_names(contract: Contract, names: Sequence[str]) -> dict[str, tuple[str, int]]:
    known: dict[str, tuple[str, int]] = {}
    for place, tag in enumerate(contract.categories):
        known |= dict.fromkeys((tag.name, tag.column, _sanitised(tag.column)), ("category", place))
    places = {name: place for place, name in enumerate(names)}
    for tag in contract.numbers:
        if tag.name in places:
            entry = ("feature", places[tag.name])
            known |= dict.fromkeys((tag.name, tag.column, _sanitised(tag.column)), entry)
    return known | {name: ("feature", place) for name, place in places.items()}


def _sanitised(column: str) -> str:
    return re.sub(r"\W", "_", column)


def _named(
    value: onnx.ValueInfoProto, known: Mapping[str, tuple[str, int]], contract: Contract, faults: list[Fault]
) -> Feed | None:
    kind, place = known.get(value.name, ("", 0))
    element = value.type.tensor_type.elem_type
    rank = 1 if len(value.type.tensor_type.shape.dim) == 1 else 2
    if kind == "category" and element == onnx.TensorProto.STRING:
        return Feed(value.name, (place,), None, rank)
    if kind == "feature" and element in _NUMERIC:
        return Feed(value.name, (place,), _NUMERIC[element], rank)
    if kind:
        what = text("its input {name} has another type than the tag", name=value.name)
        fix: Text | None = None
    else:
        what = text("its input {name} is no tag and no feature", name=value.name)
        near = get_close_matches(value.name, known, n=1)
        fix = (
            text('did you mean "{word}"?', word=near[0])
            if near
            else text("declare [input.{name}]", name=value.name)
        )
    faults.append(Fault("model-refused", what, text("{contract}", contract=contract.name), None, fix))
    return None


def _try(model: onnx.ModelProto, feeds: Sequence[Feed]) -> Mapping[str, NDArray[np.generic]]:
    """Run the model on two rows of zeros, to learn what it gives and that it runs at all."""
    zeros: dict[str, NDArray[np.generic]] = {
        feed.name: np.zeros((2, len(feed.columns)) if feed.rank == 2 else 2, dtype=feed.dtype or object)
        for feed in feeds
    }
    texts = {
        name: np.full(array.shape, "", dtype=object) for name, array in zeros.items() if array.dtype == object
    }
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        results = session.run(None, zeros | texts)
    except (RuntimeError, ValueError, TypeError) as error:
        raise _does_not_run(error) from error
    except Exception as error:
        # onnxruntime's own exceptions share no ancestor but Exception.
        if type(error).__module__.startswith("onnxruntime"):
            raise _does_not_run(error) from error
        raise
    return dict(zip((o.name for o in session.get_outputs()), results, strict=True))


def _does_not_run(error: Exception) -> ModelRefused:
    return ModelRefused(
        text("the model does not run on two rows of zeros"),
        why=text("{reason}", reason=str(error).splitlines()[0][:300]),
        fix=text("check it where it was made with onnxruntime"),
    )


def _choose(
    model: onnx.ModelProto,
    feeds: tuple[Feed, ...],
    outputs: Mapping[str, NDArray[np.generic]],
    labels: tuple[str, ...],
    classes: tuple[str, ...],
) -> Score:
    arrays = {
        name: array for name, array in outputs.items() if isinstance(array, np.ndarray) and len(array) == 2
    }
    floats = {name: array.size // 2 for name, array in arrays.items() if array.dtype.kind == "f"}
    wanted = {1} if not classes else {len(classes)} | ({1} if len(classes) == 2 else set())
    fitting = sorted(
        (name for name, width in floats.items() if width in wanted), key=lambda n: "prob" not in n
    )
    if fitting:
        width = floats[fitting[0]]
        score = Brought(model, feeds, fitting[0], width, labels)
        return _ordered(score, labels, classes) if width > 1 else score
    decided = [name for name, array in arrays.items() if array.size == 2 and array.dtype.kind in "iOU"]
    if decided and classes:
        numbered = arrays[decided[0]].dtype.kind == "i"
        labels = labels or (tuple(map(str, range(len(classes)))) if numbered else classes)
        return _ordered(Brought(model, feeds, decided[0], len(labels), labels, decides=True), labels, classes)
    raise ModelRefused(
        text("the model's outputs fit nothing: {names}", names=", ".join(outputs)),
        why=text("a classifier gives one probability for each class, a regression one number for each row"),
        fix=text("convert it again so that it does"),
    )


def _ordered(score: Brought, labels: tuple[str, ...], classes: tuple[str, ...]) -> Score:
    """Put the columns in our order of the classes, where the model says its own."""
    if labels in ((), classes):
        return score
    if sorted(labels) != sorted(classes):
        if labels == tuple(map(str, range(len(classes)))):
            return score
        raise ModelRefused(
            text("the model's classes are {labels}", labels=", ".join(labels)),
            why=text("the dataset's are {classes}", classes=", ".join(classes)),
            fix=text("train it on the target as the dataset writes it"),
        )
    return Selected(score, tuple(labels.index(name) for name in classes))
