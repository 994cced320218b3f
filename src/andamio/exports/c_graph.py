"""Write an ONNX graph as C for one row: every shape is known, and nothing is allocated.

The graph is run once with all that lies in between as outputs; that tells the type and shape of every value.
What does not depend on the row is a constant table. What only moves values about is a table of places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from andamio.exports.c_trees import trees
from andamio.exports.c_values import Unwritable, array, c_type, literals

Values = dict[str, NDArray[Any]]
_MOVES = frozenset(
    (
        "Concat",
        "Expand",
        "Flatten",
        "Identity",
        "Reshape",
        "Slice",
        "Split",
        "Squeeze",
        "Transpose",
        "Unsqueeze",
    )
)
# {0}, {1} and {2} stand for the operands; functions end in f for float and in nothing for double.
_EACH = {
    "Abs": "fabs{f}({0})",
    "Add": "{0} + {1}",
    "And": "{0} && {1}",
    "Div": "{0} / {1}",
    "Equal": "{0} == {1}",
    "Exp": "exp{f}({0})",
    "Greater": "{0} > {1}",
    "GreaterOrEqual": "{0} >= {1}",
    "IsNaN": "{0} != {0}",
    "Less": "{0} < {1}",
    "LessOrEqual": "{0} <= {1}",
    "Log": "log{f}({0})",
    "Max": "({0} > {1} || {0} != {0}) ? {0} : {1}",
    "Min": "({0} < {1} || {0} != {0}) ? {0} : {1}",
    "Mul": "{0} * {1}",
    "Neg": "-{0}",
    "Not": "!{0}",
    "Or": "{0} || {1}",
    "Pow": "pow{f}({0}, {1})",
    "Reciprocal": "1 / {0}",
    "Sigmoid": "1 / (1 + exp{f}(-{0}))",
    "Sqrt": "sqrt{f}({0})",
    "Sub": "{0} - {1}",
    "Tanh": "tanh{f}({0})",
    "Where": "{0} ? {1} : {2}",
}
_TEXTS = {"Equal": "!strcmp({0}, {1})"}
_FOLDED = {"ReduceSum": ("0", "{a} + {x}"), "ReduceMax": ("-INFINITY", "{x} > {a} ? {x} : {a}")}


@dataclass(slots=True)
class Written:
    """A graph as C: constant tables, working memory and statements."""

    tables: list[str] = field(default_factory=list)
    memory: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    bytes_of_memory: int = 0


def write_graph(model: bytes, feeds: Mapping[str, NDArray[Any]]) -> Written:
    """Write a graph.

    Args:
        model: The ONNX file.
        feeds: One row for each of its inputs; which row does not matter.

    Returns:
        C whose inputs and outputs are arrays of the graph's own names.

    Raises:
        Unwritable: The graph holds an operation that has no C here.
    """
    loaded = onnx.load_model_from_string(model)
    return _Writer(loaded, _all_values(loaded, feeds)).written(feeds)


def _all_values(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> Values:
    """Run one row, and return everything that came about."""
    told = onnx.ModelProto.FromString(model.SerializeToString())
    names = [name for node in told.graph.node for name in node.output if name]
    del told.graph.output[:]
    told.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    session = ort.InferenceSession(told.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = dict(zip(names, session.run(names, dict(feeds)), strict=True))
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return {**constants, **feeds, **{name: np.asarray(value) for name, value in found.items()}}


class _Writer:
    def __init__(self, model: onnx.ModelProto, values: Values) -> None:
        self._model, self._values = model, values
        self._opsets = model.opset_import
        self._constant = {tensor.name for tensor in model.graph.initializer}
        self._tabled: set[str] = set()
        self._out = Written()

    def written(self, feeds: Mapping[str, NDArray[Any]]) -> Written:
        for name in feeds:
            self._tabled.add(name)
        for number, node in enumerate(self._model.graph.node):
            if node.op_type == "Shape" or all(name in self._constant for name in node.input if name):
                self._constant.update(node.output)
                continue
            self._node(node, number)
        for output in self._model.graph.output:
            self._read(output.name)  # one that is the same for every row is a table
        return self._out

    def _node(self, node: onnx.NodeProto, number: int) -> None:
        for name in node.output:
            self._remember(name)
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        moves = node.op_type in _MOVES or (node.op_type == "Gather" and node.input[1] in self._constant)
        if moves:
            self._move(node)
        elif node.op_type in _EACH:
            self._each(node)
        elif node.op_type == "TreeEnsembleRegressor":
            tables, lines = trees(f"t{number}", node.output[0], self._read(node.input[0]), attributes)
            self._out.tables += tables
            self._out.lines += lines
        else:
            special = getattr(self, f"_{node.op_type.lower()}", None)
            if special is None:
                raise Unwritable(node.op_type)
            special(node, attributes)

    def _remember(self, name: str) -> None:
        if not name.isidentifier():
            raise Unwritable(name)
        values = self._values[name]
        kind = c_type(values)
        space = "" if kind.endswith("*") else " "
        self._out.memory.append(f"static {kind}{space}{name}[{max(values.size, 1)}];")
        self._out.bytes_of_memory += values.size * (8 if kind.endswith("*") else values.itemsize)

    def _read(self, name: str) -> str:
        """Return the name of an array, and write its table when it is a constant that was not used before."""
        if name in self._constant and name not in self._tabled:
            values = self._values[name]
            self._out.tables.append(array(name, c_type(values), values))
            self._tabled.add(name)
        return name

    def _loop(self, size: int, statement: str) -> None:
        self._out.lines.append(f"for (unsigned i = 0; i < {size}; i++) {statement};")

    def _element(self, name: str, shape: tuple[int, ...]) -> str:
        """Write the i-th element of a value that is spread over a shape."""
        values = self._values[name]
        if values.size == 1:
            return literals(values)[0] if name in self._constant else f"{self._read(name)}[0]"
        places = np.broadcast_to(np.arange(values.size).reshape(values.shape), shape).ravel()
        return self._at(self._read(name), places)

    def _at(self, name: str, places: NDArray[np.int64]) -> str:
        """Write the element at the i-th of some places, by a table where they do not simply follow."""
        start = int(places[0]) if places.size else 0
        if np.array_equal(places, np.arange(start, start + places.size)):
            return f"{name}[i + {start}]" if start else f"{name}[i]"
        table = f"p{len(self._out.tables)}"
        self._out.tables.append(array(table, "uint16_t" if places.max() < 1 << 16 else "uint32_t", places))
        return f"{name}[{table}[i]]"

    def _each(self, node: onnx.NodeProto) -> None:
        (out,) = node.output
        shape, first = self._values[out].shape, self._values[node.input[0]]
        operands = [self._element(name, shape) for name in node.input]
        form = _EACH[node.op_type]
        if first.dtype.kind in "OUS":
            form = _TEXTS.get(node.op_type, "")
            if not form:
                raise Unwritable(f"{node.op_type} of texts")
        if node.op_type in ("Max", "Min"):
            self._loop(self._values[out].size, f"{out}[i] = {operands[0]}")
            for operand in operands[1:]:
                self._loop(self._values[out].size, f"{out}[i] = {form.format(f'{out}[i]', operand)}")
            return
        suffix = "f" if first.dtype == np.float32 else ""
        self._loop(self._values[out].size, f"{out}[i] = {form.format(*operands, f=suffix)}")

    def _move(self, node: onnx.NodeProto) -> None:
        """Let the operation itself move the numbers of all places, and keep where each came from."""
        dynamic = [name for name in node.input if name and name not in self._constant]
        if node.op_type == "Concat":
            dynamic = list(node.input)
        parts, start = {}, 0
        for name in dynamic:
            values = self._values[name]
            parts[name] = np.arange(start, start + values.size, dtype=np.int64).reshape(values.shape)
            start += values.size
        others = {name: self._values[name] for name in node.input if name and name not in parts}
        alone = onnx.NodeProto.FromString(node.SerializeToString())
        moved = ReferenceEvaluator(alone).run(None, {**parts, **others})
        for out, places in zip(node.output, moved, strict=True):
            self._gathered(out, np.asarray(places).ravel(), parts)

    def _gathered(self, out: str, places: NDArray[np.int64], parts: Mapping[str, NDArray[np.int64]]) -> None:
        at = 0
        while at < places.size:
            name = next(n for n, p in parts.items() if p.size and p.min() <= places[at] <= p.max())
            low, high = int(parts[name].min()), int(parts[name].max())
            end = at
            while end < places.size and low <= places[end] <= high:
                end += 1
            taken = self._at(self._read(name), places[at:end] - low)
            self._loop(end - at, f"{out}[i + {at}] = {taken}")
            at = end

    def _cast(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        values = self._values[node.output[0]]
        operand = self._element(node.input[0], values.shape)
        self._loop(values.size, f"{node.output[0]}[i] = ({c_type(values)}){operand}")

    def _clip(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        out = node.output[0]
        shape, size = self._values[out].shape, self._values[out].size
        self._loop(size, f"{out}[i] = {self._element(node.input[0], shape)}")
        for sign, limit in zip("<>", [*node.input[1:], "", ""][:2], strict=True):
            if limit:
                bound = self._element(limit, shape)
                self._loop(size, f"if ({out}[i] {sign} {bound}) {out}[i] = {bound}")

    def _gather(self, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> None:
        """Look up in a constant list of numbers, by places that the row decides."""
        data, index = self._values[node.input[0]], self._values[node.input[1]]
        if data.ndim != 1 or attributes.get("axis", 0) != 0:
            raise Unwritable("Gather")
        place = self._element(node.input[1], index.shape)
        self._loop(index.size, f"{node.output[0]}[i] = {self._read(node.input[0])}[{place}]")

    def _gemm(self, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> None:
        if (
            attributes.get("alpha", 1.0) != 1.0
            or attributes.get("beta", 1.0) != 1.0
            or attributes.get("transA")
        ):
            raise Unwritable("Gemm(alpha, beta, transA)")
        self._product(node, transposed=bool(attributes.get("transB")))

    def _matmul(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        self._product(node, transposed=False)

    def _product(self, node: onnx.NodeProto, *, transposed: bool) -> None:
        (out,), (a, b) = node.output, node.input[:2]
        inner, shape = self._values[a].size, self._values[out].shape
        if self._values[b].ndim != 2 or self._values[out].size != self._values[b].size // max(inner, 1):
            raise Unwritable(f"{node.op_type} of several rows")
        width = self._values[out].size
        start = self._element(node.input[2], shape) if len(node.input) > 2 else "0"
        weight = f"i * {inner} + k" if transposed else f"k * {width} + i"
        kind = c_type(self._values[out])
        self._loop(
            width,
            f"{{ {kind} sum = 0; for (unsigned k = 0; k < {inner}; k++)"
            f" sum += {self._read(a)}[k] * {self._read(b)}[{weight}]; {out}[i] = sum + {start}; }}",
        )

    def _labelencoder(self, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> None:
        if "keys_strings" not in attributes or "values_int64s" not in attributes:
            raise Unwritable("LabelEncoder")
        (out,), (given,) = node.output, node.input
        keys = np.array([key.decode() for key in attributes["keys_strings"]], object)
        self._out.tables.append(array(f"{out}_keys", "const char *", keys))
        self._out.tables.append(array(f"{out}_codes", "int64_t", np.array(attributes["values_int64s"])))
        self._loop(
            self._values[out].size,
            f"{{ {out}[i] = {attributes.get('default_int64', -1)}; for (unsigned k = 0; k < {len(keys)}; k++)"
            f" if (!strcmp({given}[i], {out}_keys[k])) {out}[i] = {out}_codes[k]; }}",
        )

    def _reducesum(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        self._reduced(node)

    def _reducemax(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        self._reduced(node)

    def _reduced(self, node: onnx.NodeProto) -> None:
        (out,), name = node.output, node.input[0]
        if self._values[out].size != 1:
            raise Unwritable(f"{node.op_type} of several rows")
        start, step = _FOLDED[node.op_type]
        self._out.lines.append(f"{out}[0] = {start};")
        operand = self._element(name, self._values[name].shape)
        self._loop(self._values[name].size, f"{out}[0] = {step.format(a=f'{out}[0]', x=operand)}")

    def _softmax(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        (out,), name = node.output, self._read(node.input[0])
        size, kind = self._values[out].size, c_type(self._values[out])
        suffix = "f" if kind == "float" else ""
        self._out.lines += [
            f"{{ {kind} top = {name}[0], sum = 0;",
            f"for (unsigned i = 1; i < {size}; i++) if ({name}[i] > top) top = {name}[i];",
            f"for (unsigned i = 0; i < {size}; i++) sum += {out}[i] = exp{suffix}({name}[i] - top);",
            f"for (unsigned i = 0; i < {size}; i++) {out}[i] /= sum; }}",
        ]

    def _argmax(self, node: onnx.NodeProto, _: Mapping[str, Any]) -> None:
        (out,), name = node.output, self._read(node.input[0])
        if self._values[out].size != 1:
            raise Unwritable("ArgMax of several rows")
        self._out.lines.append(f"{out}[0] = 0;")
        size = self._values[node.input[0]].size
        self._loop(size, f"if ({name}[i] > {name}[{out}[0]]) {out}[0] = i")
