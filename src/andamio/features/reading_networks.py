"""Read the network of a finished graph back: to begin another one from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from andamio.features.networks import Floating, Layer, Network

Numbers = NDArray[Any]


def read_network(model: bytes, signals: tuple[str, ...], samples: int) -> Network | None:
    """Read a network that ``Network.nodes`` has written, in float32 or in whole numbers.

    Args:
        model: The graph of a bundle.
        signals: The names of its channels.
        samples: Of each channel.

    Returns:
        The network, in float32; None where the graph holds none of so many channels.
    """
    graph = _Graph(onnx.load_from_string(model).graph)
    convolutions = [node for node in graph.nodes if node.op_type == "Conv"]
    if not convolutions:
        return None
    layers = [graph.layer(node) for node in convolutions]
    found = [layer for layer in layers if layer is not None]
    entering = graph.before(convolutions[0].input[0], ("DequantizeLinear", "QuantizeLinear", "Where"))
    head = graph.head(convolutions[-1].output[0])
    scale = graph.factor(entering, "Mul")
    mean = None if scale is None else graph.factor(graph.made[entering].input[0], "Sub")
    if len(found) < len(layers) or scale is None or mean is None or head is None:
        return None
    if found[0].weights.shape[1] != len(signals):
        return None
    return Network(
        signals=signals,
        samples=samples,
        mean=mean.reshape(-1),
        scale=scale.reshape(-1),
        stages=Floating(tuple(found)),
        head=head[0],
        intercept=head[1],
        instead=np.zeros(len(head[0]), np.float32),
    )


class _Graph:
    """A graph that can be walked both ways."""

    def __init__(self, graph: Any) -> None:
        self.nodes = list(graph.node)
        self.made: Mapping[str, Any] = {name: node for node in graph.node for name in node.output}
        self.readers: dict[str, list[Any]] = {}
        for node in graph.node:
            for name in node.input:
                self.readers.setdefault(name, []).append(node)
        self.constants = {tensor.name: tensor for tensor in graph.initializer}

    def constant(self, name: str) -> Numbers | None:
        """Return a constant; what is kept in whole numbers is multiplied by its scales."""
        if name in self.constants:
            return np.asarray(numpy_helper.to_array(self.constants[name]))
        node = self.made.get(name)
        if node is None:
            return None
        if node.op_type == "Constant":
            return np.asarray(numpy_helper.to_array(node.attribute[0].t))
        if node.op_type != "DequantizeLinear":
            return None
        whole, scales = self.constant(node.input[0]), self.constant(node.input[1])
        if whole is None or scales is None:
            return None
        return np.asarray(whole * scales.reshape(-1, *[1] * (whole.ndim - 1)), dtype=np.float32)

    def layer(self, node: Any) -> Layer | None:
        """Read a convolution; None where its weights are not constants of three dimensions."""
        weights, bias = (self.constant(name) for name in node.input[1:3])
        if weights is None or bias is None or weights.ndim != 3:
            return None
        strides = [int(a.ints[0]) for a in node.attribute if a.name == "strides"]
        return Layer(weights.astype(np.float32), bias.astype(np.float32), strides[0] if strides else 1)

    def before(self, name: str, passed: tuple[str, ...]) -> str:
        """Go back over some operators to the value that they were given."""
        while name in self.made and self.made[name].op_type in passed:
            node = self.made[name]
            name = node.input[2] if node.op_type == "Where" else node.input[0]
        return name

    def factor(self, name: str, operator: str) -> Numbers | None:
        """Return the constant that a value was made with by an operator."""
        node = self.made.get(name)
        return self.constant(node.input[1]) if node is not None and node.op_type == operator else None

    def head(self, name: str) -> tuple[Numbers, Numbers] | None:
        """Go on from the last convolution to the weighted sum of its means."""
        while True:
            readers = self.readers.get(name, [])
            if len(readers) != 1:
                return None
            if readers[0].op_type == "Gemm":
                weights, intercept = (self.constant(one) for one in readers[0].input[1:3])
                return None if weights is None or intercept is None else (weights.T.copy(), intercept)
            name = readers[0].output[0]
