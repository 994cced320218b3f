"""Contracts, rows and a reader of graphs for the tests of features."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Feature, Input, Kind, Output, TagType
from andamio.contracts.rows import Rows


def _contract(inputs: Sequence[Input], features: dict[str, str] | None = None) -> Contract:
    declared = tuple(
        Feature(name, expression, line)
        for line, (name, expression) in enumerate((features or {}).items(), start=30)
    )
    return Contract(
        name="pump-health",
        kind=Kind.CLASSIFICATION,
        data="pumps",
        target="failure",
        inputs=tuple(inputs),
        features=declared,
        output=Output(name="failure"),
    )


def _number(name: str, **settings: object) -> Input:
    return Input(**{"name": name, "type": TagType.NUMBER, "column": name, **settings})


def _category(name: str, *values: str, **settings: object) -> Input:
    return Input(**{"name": name, "type": TagType.CATEGORY, "column": name, "values": values, **settings})


def _rows(numbers: object, categories: object = None) -> Rows:
    matrix = np.asarray(numbers, dtype=np.float32)
    texts = np.empty((len(matrix), 0), dtype=object) if categories is None else np.asarray(categories, object)
    blank = [None] * len(matrix)
    return Rows(matrix, texts, blank, blank, [()] * len(matrix))


def _answer(model: bytes, rows: Rows) -> dict[str, NDArray[np.generic]]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feeds = {"numbers": rows.numbers, "categories": rows.categories}
    wanted = {i.name for i in session.get_inputs()}
    results = session.run(None, {name: value for name, value in feeds.items() if name in wanted})
    return dict(zip((o.name for o in session.get_outputs()), results, strict=True))


@pytest.fixture
def make_contract() -> Callable[..., Contract]:
    """Make a contract from inputs and a dictionary of features."""
    return _contract


@pytest.fixture
def number() -> Callable[..., Input]:
    """Declare a numeric tag."""
    return _number


@pytest.fixture
def category() -> Callable[..., Input]:
    """Declare a category."""
    return _category


@pytest.fixture
def make_rows() -> Callable[..., Rows]:
    """Make rows from a matrix of numbers and, perhaps, one of texts."""
    return _rows


@pytest.fixture
def answer() -> Callable[..., dict[str, NDArray[np.generic]]]:
    """Run a finished model over rows and name its outputs."""
    return _answer
