"""Take an ONNX model from elsewhere: read it without running it, and write it behind our features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import spox
import spox.opset.ai.onnx.v18 as op
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from spox import Var

from andamio.errors import ModelRefused, NotFound, Text, text
from andamio.features.portable import portable
from andamio.features.scores import Score, Writing

MOST_BYTES = 512 * 1024 * 1024
_FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
_NUMPY = {
    onnx.TensorProto.FLOAT: np.float32,
    onnx.TensorProto.DOUBLE: np.float64,
    onnx.TensorProto.INT64: np.int64,
    onnx.TensorProto.INT32: np.int32,
}
_PICKLES = frozenset({".pkl", ".pickle", ".joblib", ".sav", ".dill", ".pt", ".pth"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One input of a model: its name, the element type of ONNX, and how many columns it takes (None: any)."""

    name: str
    element: int
    columns: int | None


@dataclass(frozen=True, slots=True, eq=False)
class ForeignGraph:
    """An ONNX model that answers from features.

    Attributes:
        model: The model.
        entries: Its inputs: one table, or one column each.
        answer: Name of the output with probabilities or values.
        labels: What the columns of the answer stand for, where the model says so.
    """

    model: onnx.ModelProto
    entries: tuple[Entry, ...]
    answer: str
    labels: tuple[str, ...] = ()

    def run(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Answer rows of its own columns in onnxruntime, as it came; shape ``(rows, width)``."""
        session = onnxruntime.InferenceSession(
            self.model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        place, feeds = 0, {}
        for entry in self.entries:
            width = features.shape[1] if entry.columns is None else entry.columns
            feeds[entry.name] = features[:, place : place + width].astype(_NUMPY[entry.element])
            place += width
        found = np.asarray(session.run([self.answer], feeds)[0], dtype=np.float64)
        return found.reshape(len(features), -1)


@dataclass(frozen=True, slots=True, eq=False)
class ForeignScore:
    """The model as a piece of our graph; see ``features.scores.Score``."""

    graph: ForeignGraph
    columns: tuple[int, ...]
    width: int

    def nodes(self, writing: Writing) -> Var:
        """Select its columns, convert them to what it takes, and write its nodes."""
        chosen = op.gather(writing.features, op.const(np.array(self.columns, dtype=np.int64)), axis=1)
        place, feeds = 0, {}
        for entry in self.graph.entries:
            width = len(self.columns) if entry.columns is None else entry.columns
            part = op.gather(chosen, op.const(np.arange(place, place + width, dtype=np.int64)), axis=1)
            feeds[entry.name] = op.cast(part, to=_NUMPY[entry.element])
            place += width
        given = spox.inline(portable(self.graph.model))(**feeds)[self.graph.answer]
        return op.reshape(op.cast(given, to=np.float32), op.const(np.array([-1, self.width])))


@dataclass(frozen=True, slots=True, eq=False)
class Reordered:
    """A score that reads some of the features, in an order of its own; see ``features.scores.Score``."""

    score: Score
    columns: tuple[int, ...]

    @property
    def width(self) -> int:
        """That of the score."""
        return self.score.width

    def nodes(self, writing: Writing) -> Var:
        """Select the columns, then write the score behind them."""
        if self.columns == tuple(range(len(writing.names))):
            return writing.write(self.score)
        places = op.const(np.array(self.columns, dtype=np.int64))
        chosen = op.gather(writing.features, places, axis=1)
        names = tuple(writing.names[place] for place in self.columns)
        return self.score.nodes(Writing(writing.arguments, chosen, names))


def read_file(path: Path) -> ForeignGraph:
    """Read a model from a file; only ONNX is taken.

    Raises:
        NotFound: There is no such file.
        ModelRefused: It is a pickle, no ONNX, or an ONNX model that cannot be a part of a bundle.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(
            text("there is no file {path}", path=path), fix=text("check the name and the folder")
        ) from error
    except OSError as error:
        raise ModelRefused(
            text("the model file {path} cannot be read", path=path),
            why=text("{reason}", reason=error.strerror),
            fix=text("name one file of an ONNX model that this user may read"),
        ) from error
    if path.suffix.lower() in _PICKLES or content[:1] == b"\x80" or content[:2] == b"PK":
        raise ModelRefused(
            text("{path} is a pickle and is not opened", path=path.name),
            why=text("a pickle runs any code that its author wrote, and breaks with other library versions"),
            fix=text(
                "in the notebook that made it: andamio.bring(model, contract);"
                " or save it as ONNX and give that file"
            ),
        )
    if len(content) > MOST_BYTES:
        raise ModelRefused(
            text("{path} is larger than 512 MB", path=path.name),
            fix=text("bring a smaller model: fewer trees, or shallower ones"),
        )
    return read_graph(content, path.name)


def read_graph(content: bytes, name: str) -> ForeignGraph:
    """Read an ONNX model from bytes and find its inputs and its answer.

    Raises:
        ModelRefused: It is no ONNX model, or not one that a bundle can hold.
    """
    try:
        model = onnx.load_from_string(content)
        onnx.checker.check_model(model)
    except (DecodeError, onnx.checker.ValidationError) as error:
        raise ModelRefused(
            text("{name} is no ONNX model", name=name),
            why=text("{reason}", reason=str(error).splitlines()[0][:200]),
            fix=text("save it with skl2onnx, onnxmltools or torch.onnx and try again"),
        ) from error
    portable(model)
    constants = {tensor.name for tensor in model.graph.initializer}
    entries = tuple(_entry(value) for value in model.graph.input if value.name not in constants)
    return ForeignGraph(model, entries, _answer(model), _labels(model))


def _entry(value: onnx.ValueInfoProto) -> Entry:
    tensor = value.type.tensor_type
    if tensor.elem_type not in _NUMPY:
        raise _cannot(
            text('its input "{name}" takes texts', name=value.name),
            text("encode categories outside the model: declared categories become columns of zeros and ones"),
        )
    sizes = [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
    return Entry(value.name, tensor.elem_type, sizes[1] if len(sizes) == 2 else 1)


def _answer(model: onnx.ModelProto) -> str:
    """Choose the output to read: the probabilities of a classifier, the value of a regressor."""
    outputs = [v for v in model.graph.output if v.type.tensor_type.elem_type in _FLOATS]
    if not outputs:
        raise _cannot(
            text("it has no output of plain numbers"),
            text("convert it with zipmap=False, so that probabilities are a table"),
        )
    named = [v for v in outputs if "prob" in v.name.lower()]
    wide = [v for v in outputs if len(v.type.tensor_type.shape.dim) == 2]
    return str((named or wide or outputs)[0].name)


def _labels(model: onnx.ModelProto) -> tuple[str, ...]:
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
                return tuple(str(label) for label in attribute.ints)
            if attribute.name == "classlabels_strings" and attribute.strings:
                return tuple(label.decode() for label in attribute.strings)
    return ()


def _cannot(why: Text, fix: Text) -> ModelRefused:
    return ModelRefused(text("the model cannot become part of a bundle"), why=why, fix=fix)
