"""Whatever expression a person writes, the graph computes what numpy computes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Feature, Input, Kind, Output, TagType
from andamio.contracts.rows import Rows
from andamio.features import FeaturePlan, check_features, feature_graph, run_features
from andamio.features.expressions import Arithmetic, Call, Comparison, Negative, Node, Number, Tag
from andamio.features.functions import CONSTANTS
from andamio.features.grammar import read

_TAGS = ("a", "b", "c")


def _contract(*features: Feature) -> Contract:
    inputs = tuple(Input(name=name, type=TagType.NUMBER, column=name) for name in _TAGS)
    return Contract(
        name="m",
        kind=Kind.REGRESSION,
        data="d",
        target="y",
        inputs=inputs,
        features=features,
        output=Output(name="y"),
    )


_ARITHMETIC: dict[str, Callable[..., NDArray[np.float32]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}
_COMPARE: dict[str, Callable[..., NDArray[np.bool_]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_CALLS: dict[str, Callable[..., NDArray[np.float32]]] = {
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "where": lambda c, x, y: np.where(c != 0, x, y),
}


def reference(node: Node, values: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Evaluate in float32, as the graph does, one numpy operation for each part."""
    match node:
        case Number(value=value):
            return np.float32(value) * np.ones_like(values["a"])
        case Tag(name=name):
            return values[name] if name in values else np.float32(CONSTANTS[name]) * np.ones_like(values["a"])
        case Negative(operand=operand):
            return -reference(operand, values)
        case Arithmetic(sign=sign, left=left, right=right):
            return _ARITHMETIC[sign](reference(left, values), reference(right, values))
        case Comparison(sign=sign, left=left, right=right):
            return _COMPARE[sign](reference(left, values), reference(right, values)).astype(np.float32)
        case Call(function=function, arguments=arguments):
            given_values = [reference(argument, values) for argument in arguments]
            if function in ("min", "max"):
                fold = np.minimum if function == "min" else np.maximum
                result = given_values[0]
                for value in given_values[1:]:
                    result = fold(result, value)
                return result
            return _CALLS[function](*given_values)
    raise AssertionError(node)


# Numbers of float32 without rounding, so that both sides hold the same constants.
_leaves = st.one_of(
    st.sampled_from(_TAGS), st.sampled_from(["0.5", "2", "3", "10", "0.25", "1.5", "100"]), st.just("a")
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    truth = st.builds(
        lambda sides, sign: f"({sides[0]} {sign} {sides[1]})", pair, st.sampled_from(["<", "<=", ">", ">="])
    )
    return st.one_of(
        st.builds(lambda sides, sign: f"({sides[0]} {sign} {sides[1]})", pair, st.sampled_from("+-*/")),
        st.builds(lambda x: f"-{x}", inner),
        st.builds(lambda x, n: f"({x}) ** {n}", inner, st.sampled_from(["2", "3", "-1", "0.5"])),
        st.builds(lambda f, x: f"{f}({x})", st.sampled_from(["abs", "sqrt"]), inner),
        st.builds(lambda x: f"log(abs({x}) + 1)", inner),
        st.builds(lambda x: f"exp(clip({x}, -5, 5))", inner),
        st.builds(lambda f, sides: f"{f}({sides[0]}, {sides[1]})", st.sampled_from(["min", "max"]), pair),
        st.builds(lambda c, sides: f"where({c}, {sides[0]}, {sides[1]})", truth, pair),
        truth,
    )


_expressions = st.recursive(_leaves, _grow, max_leaves=8)
_values = st.lists(
    st.tuples(*[st.floats(-1000, 1000, width=32).map(lambda x: round(x, 2))] * 3), min_size=1, max_size=4
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_expressions, min_size=1, max_size=4), _values)
def test_the_graph_computes_what_numpy_computes(
    expressions: list[str], values: list[tuple[float, ...]]
) -> None:
    declared = tuple(Feature(f"f{n}", expression) for n, expression in enumerate(expressions))
    refused = {fault.data["feature"] for fault in check_features(_contract(*declared))}
    features = tuple(feature for feature in declared if feature.name not in refused)
    matrix = np.array(values, dtype=np.float32)
    graph = feature_graph(FeaturePlan(_contract(*features), imputed={f.name: 777.0 for f in features}))
    blank = [None] * len(matrix)
    result = run_features(
        graph, Rows(matrix, np.empty((len(matrix), 0), object), blank, blank, [()] * len(matrix))
    )
    columns = {name: matrix[:, place] for place, name in enumerate(_TAGS)}
    for place, feature in enumerate(features, start=len(_TAGS)):
        with np.errstate(all="ignore"):
            node = read(feature.expression)
            expected = reference(node, columns)
            # Where a step in between loses all digits, numpy and the graph may part by rounding alone.
            steady = _steady(node, columns)
        expected = np.where(np.isfinite(expected), expected, np.float32(777.0))
        scale = np.maximum(np.abs(expected), 1e-3)
        close = np.abs(result[:, place].astype(np.float64) - expected) <= 2e-4 * scale
        assert (close | ~steady).all(), feature.expression
        assert np.isfinite(result).all()


def _steady(node: Node, columns: dict[str, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """Tell which rows keep their value, to a part in ten thousand, when every tag moves by a rounding."""
    base = reference(node, columns).astype(np.float64)
    steady = np.ones(len(base), dtype=bool)
    for direction in (np.float32(np.inf), np.float32(-np.inf)):
        for name in _TAGS:
            moved = columns | {name: np.nextafter(columns[name], direction)}
            other = reference(node, moved).astype(np.float64)
            both = np.isfinite(base) & np.isfinite(other)
            near = np.abs(base - other) <= 1e-5 * np.maximum(np.abs(base), 1e-3)
            steady &= (both & near) | (~np.isfinite(base) & ~np.isfinite(other))
    return steady
