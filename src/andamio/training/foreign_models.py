"""Take a model object of scikit-learn or LightGBM: its own answers, and its piece of the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from lightgbm import Booster, LGBMModel
from numpy.typing import NDArray
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.base import BaseEstimator, is_classifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from andamio.errors import ModelRefused, text
from andamio.features import Score, export_forest, export_lightgbm
from andamio.training.foreign_graph import ForeignGraph, ForeignScore, Reordered, read_file, read_graph

FORESTS = (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
_OPSETS = {"": 18, "ai.onnx.ml": 3}


@dataclass(frozen=True, slots=True, eq=False)
class ForeignModel:
    """A model from elsewhere, whatever library made it.

    Attributes:
        title: What it is, for people.
        names: The columns that it reads, where it knows their names.
        count: How many it reads; None when it does not say.
        labels: Its classes in the order of its answer, where it knows them.
        native: Its own answer: its columns, shape ``(rows, columns)``, to ``(rows, width)``.
        score: Makes its piece of the graph from the places of its columns and the width of its answer.
    """

    title: str
    names: tuple[str, ...]
    count: int | None
    labels: tuple[str, ...]
    native: Callable[[NDArray[np.float32]], NDArray[np.float64]]
    score: Callable[[tuple[int, ...], int], Score]


def recognise(model: object) -> ForeignModel:
    """Recognise a model: a path to an ONNX file, its bytes, a LightGBM or a scikit-learn object.

    Raises:
        ModelRefused: It is a pickle, not fitted, or of a kind that cannot be taken.
    """
    if isinstance(model, (str, Path)):
        return _of_graph(read_file(Path(model)), str(Path(model).name))
    if isinstance(model, bytes):
        return _of_graph(read_graph(model, "the model"), "ONNX")
    if isinstance(model, (Booster, LGBMModel)):
        return _of_lightgbm(model)
    if isinstance(model, BaseEstimator):
        return _of_sklearn(model)
    raise ModelRefused(
        text("a {kind} cannot be brought along", kind=type(model).__name__),
        why=text("scikit-learn and LightGBM models are taken in memory, every other one as an ONNX file"),
        fix=text("save it as ONNX and type  andamio train MODEL --model FILE.onnx"),
    )


def _of_graph(graph: ForeignGraph, title: str) -> ForeignModel:
    single = len(graph.entries) == 1
    names = () if single else tuple(entry.name for entry in graph.entries)
    count = graph.entries[0].columns if single else len(names)
    return ForeignModel(
        title=title,
        names=names,
        count=count,
        labels=graph.labels,
        native=graph.run,
        score=lambda columns, width: ForeignScore(graph, columns, width),
    )


def _of_lightgbm(model: Any) -> ForeignModel:
    booster = model if isinstance(model, Booster) else model.booster_
    names = tuple(str(name) for name in booster.feature_name())

    def native(columns: NDArray[np.float32]) -> NDArray[np.float64]:
        return _table(booster.predict(columns, num_threads=1), len(columns))

    return ForeignModel(
        title=type(model).__name__,
        names=names,
        count=len(names),
        labels=tuple(str(label) for label in getattr(model, "classes_", ())),
        native=native,
        score=lambda columns, _width: Reordered(export_lightgbm(booster), columns),
    )


def _of_sklearn(model: Any) -> ForeignModel:
    if not hasattr(model, "n_features_in_"):
        raise ModelRefused(
            text("the {kind} is not fitted", kind=type(model).__name__), fix=text("call fit on it first")
        )
    names = tuple(str(name) for name in getattr(model, "feature_names_in_", ()))
    classifies = is_classifier(model)
    if classifies and not hasattr(model, "predict_proba"):
        raise ModelRefused(
            text("the {kind} gives no probabilities", kind=type(model).__name__),
            fix=text("wrap it in CalibratedClassifierCV, which adds them"),
        )

    def native(columns: NDArray[np.float32]) -> NDArray[np.float64]:
        table = pl.DataFrame(columns, schema=list(names)) if names else columns
        return _table(model.predict_proba(table) if classifies else model.predict(table), len(columns))

    count = int(model.n_features_in_)
    return ForeignModel(
        title=type(model).__name__,
        names=names,
        count=count,
        labels=tuple(str(label) for label in getattr(model, "classes_", ())),
        native=native,
        score=_sklearn_score(model, count, classifies),
    )


def _sklearn_score(model: Any, count: int, classifies: bool) -> Callable[[tuple[int, ...], int], Score]:
    if type(model) in FORESTS:
        return lambda columns, _width: Reordered(export_forest(model), columns)
    options: dict[Any, Any] = {StandardScaler: {"div": "div"}}
    if classifies:
        options[id(model)] = {"zipmap": False}
    try:
        converted = to_onnx(
            model,
            initial_types=[("columns", FloatTensorType([None, count]))],
            options=options,
            target_opset=_OPSETS,
        )
    except (RuntimeError, NotImplementedError, NameError, ValueError, TypeError) as error:
        raise ModelRefused(
            text("the {kind} cannot be converted to ONNX", kind=type(model).__name__),
            why=text("{reason}", reason=str(error).strip().splitlines()[0][:200]),
            fix=text("convert it yourself and bring the ONNX file, or use another kind of model"),
        ) from error
    graph = read_graph(converted.SerializeToString(), type(model).__name__)
    return lambda columns, width: ForeignScore(graph, columns, width)


def _table(answer: object, rows: int) -> NDArray[np.float64]:
    return np.asarray(answer, dtype=np.float64).reshape(rows, -1)
