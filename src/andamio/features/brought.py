"""A model that somebody brought as ONNX, as a score: fed from our features, read into our columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
import spox
import spox.opset.ai.onnx.ml.v3 as ml
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.scores import Writing


@dataclass(frozen=True, slots=True)
class Feed:
    """What one input of the model takes: feature columns, or one category of the contract.

    ``rank`` 1 wants shape ``(rows,)``, 2 wants ``(rows, columns)``; ``dtype`` None is text.
    """

    name: str
    columns: tuple[int, ...]
    dtype: type | None
    rank: int


@dataclass(frozen=True, slots=True, eq=False)
class Brought:
    """A brought model as a score: one of its outputs, as float32 ``(rows, width)``.

    Attributes:
        model: Checked, without ZipMap, at a supported opset.
        feeds: One for each of its inputs.
        output: The name of the output that is used.
        width: Its number of columns.
        labels: Its classes in the order of the columns, as text; empty when it does not say.
        decides: It gives labels only, so that its score is 1 for the label and 0 for the others.
    """

    model: onnx.ModelProto
    feeds: tuple[Feed, ...]
    output: str
    width: int
    labels: tuple[str, ...] = ()
    decides: bool = False

    def nodes(self, writing: Writing) -> Var:
        """Inline the model."""
        given = spox.inline(self.model)(**{feed.name: _feed(writing, feed) for feed in self.feeds})[
            self.output
        ]
        if self.decides:
            return self._one_hot(given)
        return op.reshape(op.cast(given, to=np.float32), op.const(np.array([-1, self.width])))

    def _one_hot(self, label: Var) -> Var:
        codes = list(range(len(self.labels)))
        if np.issubdtype(label.unwrap_tensor().dtype, np.str_):
            code = ml.label_encoder(label, keys_strings=self.labels, values_int64s=codes)
        else:
            keys = [int(name) for name in self.labels]
            code = ml.label_encoder(op.cast(label, to=np.int64), keys_int64s=keys, values_int64s=codes)
        column = op.reshape(code, op.const(np.array([-1, 1])))
        return op.cast(op.equal(column, op.const(np.array([codes]))), to=np.float32)


def _feed(writing: Writing, feed: Feed) -> Var:
    source = writing.features if feed.dtype is not None else writing.arguments["categories"]
    if feed.dtype is None or feed.columns != tuple(range(len(writing.names))):
        source = op.gather(source, op.const(np.array(feed.columns, dtype=np.int64)), axis=1)
    if feed.dtype is not None and feed.dtype is not np.float32:
        source = op.cast(source, to=feed.dtype)
    return source if feed.rank == 2 else op.reshape(source, op.const(np.array([-1])))
