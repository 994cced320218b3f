from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify
from andamio.contracts import parse_contract
from andamio.language import say, speak
from andamio.training.augmentation import Augmented, augmented, is_augmented
from andamio.training.boosting import Boosting
from andamio.training.candidates import Setting
from andamio.training.fitting import fit
from andamio.training.study import FEWEST_WITH_COPIES
from andamio.training.table import read_problem
from andamio.training.task import Task

HEAD = '[model]\nkind = "{kind}"\ndata = "d"\ntarget = "y"\n\n[output.y]\n'
TAG = '\n[input.{name}]\ntype = "number"\n{more}'


def _problem(frame, accuracy, kind="regression"):
    more = "" if accuracy is None else f"accuracy = {accuracy}\n"
    tags = "".join(TAG.format(name=name, more=more) for name in frame.columns if name != "y")
    return read_problem(parse_contract(HEAD.format(kind=kind) + tags, name="m", file="-"), frame)


class _Watching:
    """A kind of model that keeps what it was given."""

    family, title = "watching", "watching"

    def __init__(self):
        self.learnt_from, self.asked = [], []

    def settings(self):
        return {}

    def train(self, given):
        self.learnt_from.append(given)
        return self

    def margin(self, x):
        self.asked.append(x)
        return np.zeros((len(x), 1))


def test_copies_are_learnt_from_only_beside_their_row_and_never_asked_about():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10, 2)).astype(np.float32)
    copies = np.stack([x + 100, x + 200])
    given = Setting(x, np.arange(10.0), Task(0), 0, copies=copies)
    folds = [(np.arange(5), np.arange(5, 10)), (np.arange(5, 10), np.arange(5))]
    inner = _Watching()
    found = Augmented(inner).rehearse(given, folds)
    for (train, _), seen in zip(folds, inner.learnt_from, strict=True):
        assert (seen.x == np.concatenate([x[train], x[train] + 100, x[train] + 200])).all()
        assert (seen.y == np.tile(np.arange(10.0)[train], 3)).all()
        # All copies together weigh as much as the rows alone.
        assert seen.weight * len(seen.y) == pytest.approx(5)
    assert [len(asked) for asked in inner.asked] == [5, 5]
    assert all(asked.max() < 50 for asked in inner.asked)
    assert found.margins.shape == (10, 1)
    assert is_augmented(found.candidate)
    Augmented(inner).train(given)
    assert len(inner.learnt_from[-1].y) == 30


def test_copies_are_tried_with_the_settings_that_were_chosen_without_them(stepped):
    fitted = fit(_problem(stepped, 2.0), only=frozenset(("boosting", "linear")), seed=0)
    alone = fit(_problem(stepped, None), only=frozenset(("boosting", "linear")), seed=0)
    assert fitted.trials == alone.trials + 2
    if fitted.params["family"] == alone.params["family"]:
        chosen = "rounds" if "rounds" in alone.params else "penalty"
        assert fitted.params[chosen] == alone.params[chosen]


def test_a_leaf_holds_as_many_rows_with_copies_as_without():
    plain = Boosting()
    assert augmented(plain, 8).inner.chosen.least_rows == 9 * plain.chosen.least_rows


@pytest.fixture(scope="module")
def stepped():
    """Rows whose answer steps where the sensor cannot tell the sides apart, and a few whose side is known."""
    rng = np.random.default_rng(3)
    true = rng.uniform(-3, 3, 60)
    return pl.DataFrame({"a": true + rng.uniform(-2, 2, 60), "y": np.where(true > 0, 1.0, 0.0)})


def test_copies_that_pay_are_learnt_from_and_the_graph_answers_alike(stepped):
    problem = _problem(stepped, 2.0)
    fitted = fit(problem, only=frozenset(("boosting", "linear")), seed=0)
    told = fitted.augmentation
    assert told is not None
    assert told.copies == 8
    assert told.used == (told.share > told.error)
    whole = fit(problem, trials=FEWEST_WITH_COPIES, seed=0)
    assert certify(whole.native, Graph(whole.graph, whole.info), problem.rows)["passed"] is True


def test_copies_that_blur_what_is_told_are_left_out_and_it_says_so():
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 1, 60)
    frame = pl.DataFrame({"a": a, "y": np.sin(20 * a)})
    fitted = fit(_problem(frame, 0.4), only=frozenset(("boosting", "linear")), seed=0)
    assert fitted.augmentation is not None
    assert not fitted.augmentation.used
    assert not fitted.params.get("augmented")
    assert "left out" in say(fitted.augmentation.sentence)
    with speak("es"):
        assert "quedaron fuera" in say(fitted.augmentation.sentence)


def test_a_contract_without_accuracy_tries_no_copies(stepped):
    fitted = fit(_problem(stepped, None), only=frozenset(("boosting", "linear")), seed=0)
    assert fitted.augmentation is None
    assert fitted.trials == 2


def test_copies_that_move_no_feature_are_not_tried(stepped):
    fitted = fit(_problem(stepped, 1e-7), only=frozenset(("boosting", "linear")), seed=0)
    assert fitted.augmentation is None
