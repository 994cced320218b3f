from __future__ import annotations

import pickle

import numpy as np
import polars as pl
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from skl2onnx import to_onnx
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import andamio.training.bring as bringing
from andamio.errors import ModelRefused, NotFound
from andamio.training.bring import bring
from andamio.training.run import TrainOptions


@pytest.fixture(autouse=True)
def without_comparisons(monkeypatch):
    monkeypatch.setattr(bringing, "_simpler", lambda *_: {})


def quiet(step: object) -> None:
    assert step is not None


def columns(frame: pl.DataFrame) -> np.ndarray:
    product = frame["product"].to_numpy()
    return np.column_stack([frame["load"], frame["speed"], product == "A", product == "B"]).astype(np.float32)


def take(model, plant):
    contract, table = plant
    return bring(model, contract, table, TrainOptions(), quiet)


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(20, random_state=0),
        LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GradientBoostingClassifier(n_estimators=20),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_classifier_in_memory_answers_as_in_the_notebook(press, model):
    x = columns(press[1].frame)
    model.fit(x, press[1].frame["falla"].to_numpy())
    candidate = take(model, press)
    assert candidate.parts.parity["passed"]
    assert candidate.evaluation.metrics["roc_auc"].value > 0.9
    assert candidate.parts.info.classes == ("no", "sí")


@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(),
        RandomForestRegressor(10, random_state=0),
        LGBMRegressor(n_estimators=20, verbose=-1, n_jobs=1),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_regressor_gets_an_interval(kiln, model):
    frame = kiln[1].frame
    model.fit(frame.select("temp", "speed").to_numpy().astype(np.float32), frame["strength"].to_numpy())
    candidate = take(model, kiln)
    assert candidate.parts.parity["passed"]
    assert candidate.evaluation.metrics["coverage"].value > 0.7


def test_columns_are_found_by_name_in_any_order(press):
    frame = press[1].frame
    shuffled = pl.DataFrame(columns(frame)[:, [3, 1, 0]], schema=["product_B", "Speed", "load"])
    model = LogisticRegression().fit(shuffled, frame["falla"].to_numpy())
    candidate = take(model, press)
    assert candidate.parts.parity["passed"]
    assert candidate.parts.lineage["learnt"]["columns"] == ["product=B", "speed", "load"]
    assert candidate.evaluation.metrics["roc_auc"].value > 0.9


@pytest.mark.parametrize("labels", [("no", "sí"), ("z-no", "sí")])
def test_classes_are_found_by_label(press, labels):
    contract, table = press
    frame = table.frame.with_columns(pl.col("falla").replace({"no": labels[0], "sí": labels[1]}))
    table = type(table)(frame)
    model = LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1).fit(
        columns(frame), frame["falla"].to_numpy()
    )
    candidate = take(model, (contract, table))
    info = candidate.parts.info
    assert info.classes[info.positive] == "sí"
    assert candidate.evaluation.metrics["roc_auc"].value > 0.9
    assert candidate.parts.parity["passed"]


def test_an_onnx_file_goes_the_same_way(press, tmp_path):
    x = columns(press[1].frame)
    model = LogisticRegression().fit(x, press[1].frame["falla"].to_numpy())
    converted = to_onnx(model, x[:1], options={"zipmap": False}, target_opset={"": 18, "ai.onnx.ml": 3})
    file = tmp_path / "model.onnx"
    file.write_bytes(converted.SerializeToString())
    candidate = take(file, press)
    assert candidate.parts.parity["passed"]
    assert candidate.evaluation.metrics["roc_auc"].value > 0.9


def test_an_onnx_file_with_a_list_of_dictionaries_is_refused_with_the_option_to_set(press, tmp_path):
    x = columns(press[1].frame)
    model = LogisticRegression().fit(x, press[1].frame["falla"].to_numpy())
    file = tmp_path / "model.onnx"
    file.write_bytes(to_onnx(model, x[:1], target_opset={"": 18, "ai.onnx.ml": 3}).SerializeToString())
    with pytest.raises(ModelRefused) as refusal:
        take(file, press)
    assert "zipmap=False" in str(refusal.value.fix)


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was opened",))


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.onnx"])
def test_a_pickle_is_refused_and_never_opened(press, tmp_path, name):
    file = tmp_path / name
    file.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelRefused, match="pickle"):
        take(file, press)


def test_a_file_that_is_not_there_or_no_model_is_refused(press, tmp_path):
    with pytest.raises(NotFound, match="there is no file"):
        take(tmp_path / "none.onnx", press)
    file = tmp_path / "text.onnx"
    file.write_text("hello")
    with pytest.raises(ModelRefused, match="no ONNX model"):
        take(file, press)


def test_another_number_of_columns_is_refused_with_the_list(press):
    model = LogisticRegression().fit(np.eye(3), [0, 1, 0])
    with pytest.raises(ModelRefused) as refusal:
        take(model, press)
    assert "load, speed, product=A, product=B" in str(refusal.value.why)


def test_an_unknown_column_is_named(press):
    frame = pl.DataFrame(columns(press[1].frame), schema=["load", "speed", "pressure", "product_A"])
    model = LogisticRegression().fit(frame, press[1].frame["falla"].to_numpy())
    with pytest.raises(ModelRefused, match="pressure"):
        take(model, press)


def test_other_classes_are_refused(press):
    x = columns(press[1].frame)
    model = LogisticRegression().fit(x, (press[1].frame["falla"] == "sí").to_numpy().astype(int))
    with pytest.raises(ModelRefused, match="classes"):
        take(model, press)


@pytest.mark.parametrize(
    ("model", "word"), [(LogisticRegression(), "fitted"), (object(), "object"), (Perceptron(), "fitted")]
)
def test_what_cannot_be_taken_says_why(press, model, word):
    with pytest.raises(ModelRefused, match=word):
        take(model, press)


def test_a_classifier_without_probabilities_is_refused(press):
    x = columns(press[1].frame)
    model = Perceptron().fit(x, press[1].frame["falla"].to_numpy())
    with pytest.raises(ModelRefused, match="probabilities"):
        take(model, press)
