from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from andamio.bundles import Outputs
from andamio.language import say, speak
from andamio.statistics.resampled import Reuse, size_interval
from andamio.training.claims import _of_growth, no_claims
from andamio.training.constant import best_constant
from andamio.training.deciding import judge_support, labels_to_decide
from andamio.training.learning_curve import LearningCurve, Point
from andamio.training.repeated_measures import SHARE_APART, Measured, measured
from andamio.training.repeating import Pass, Repeated
from andamio.training.run import TrainOptions, train
from andamio.training.table import read_problem


def quiet(_step: object) -> None:
    """Say nothing."""


def _trained(press, fit, rows=80, **changes):
    contract, table = press
    table = dataclasses.replace(table, frame=table.frame.head(rows).with_columns(**changes))
    return train(contract, table, TrainOptions(trials=1), quiet, learn=fit)


@pytest.fixture(scope="module")
def sixty(press, fit):
    """What sixty rows allow to claim."""
    return _trained(press, fit, 60).evaluation.claims


def test_a_good_model_is_supported_and_its_gates_are_told_one_by_one(press, fit):
    claims = _trained(press, fit, 300).evaluation.claims
    assert claims.supported is True
    assert [one.gate for one in claims.gates] == ["recall >= 0.5", "false_alarm_rate <= 0.2"]
    assert claims.gates[1].state == "met"
    assert claims.gates[1].needed is None


def test_labels_that_follow_nothing_are_said_not_to_support_a_model(press, fit):
    noise = pl.Series("falla", np.random.default_rng(3).permutation(["sí"] * 20 + ["no"] * 60))
    claims = _trained(press, fit, 80, falla=noise).evaluation.claims
    assert claims.supported is False
    assert any("do not support a model" in str(one) for one in map(say, claims.sentences))


def test_an_open_gate_names_the_class_and_how_many_labels_decide_it(sixty):
    claims = sixty
    recall = claims.gates[0]
    assert recall.state == "open"
    assert recall.needed.of == "sí"
    assert recall.needed.labels > 0
    assert any('more rows labelled "sí" would decide it' in say(one) for one in claims.sentences)


def test_rows_that_no_model_answered_are_not_said_to_have_been(press, fit):
    contract, _ = press
    told = [say(one) for one in _trained(press, fit, 90).evaluation.claims.sentences]
    assert "over all rows" in told[1]
    clock = pl.Series("hora", np.arange(90) * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    timed = dataclasses.replace(contract, time="hora")
    evaluation = _trained((timed, press[1]), fit, 90, hora=clock).evaluation
    told = [say(one) for one in evaluation.claims.sentences]
    answered = evaluation.facts()["measured"]["rows"]
    assert answered < 90
    assert "over all rows" not in told[1]
    assert f"{answered} rows answered by models that had not seen them" in told[1]


def test_the_curve_says_what_two_hundred_more_rows_would_bring(press, fit):
    curve = _trained(press, fit, 80).evaluation.claims.curve
    assert [point.rows for point in curve.more] == [160, 280]
    for point in (*curve.expected, *curve.more):
        assert 0 <= point.low <= point.value <= point.high <= 1
    assert all(gain.value >= 0 for gain in curve.gains)
    assert curve.measured[-1].rows == 80


def test_three_events_claim_nothing_and_say_how_many_are_missing(press, fit):
    contract, table = press
    frame = table.frame
    events = frame.filter(pl.col("falla") == "sí").head(3)
    frame = pl.concat([frame.filter(pl.col("falla") == "no").head(57), events])
    problem = read_problem(contract, frame)
    claims = no_claims(problem)
    assert claims.supported is None
    assert (claims.needed.labels, claims.needed.of) == (1, "sí")
    candidate = train(
        contract, dataclasses.replace(table, frame=frame), TrainOptions(trials=1), quiet, learn=fit
    )
    alarms = candidate.evaluation.metrics["false_alarm_rate"]
    assert alarms.high - alarms.low > 0.2
    assert candidate.parts.evaluation["measured"] is None


@pytest.mark.parametrize(("enough", "labels"), [(2.0, 100), (1.31, 31), (None, None)])
def test_labels_are_searched_to_two_digits(enough, labels):
    found = labels_to_decide(lambda times: enough is not None and times >= enough, 100.0)
    assert found == labels if labels is None else labels <= found <= 1.12 * labels


def test_what_is_claimed_is_said_in_spanish(sixty):
    with speak("es"):
        told = [say(one) for one in sixty.sentences]
    assert "filas etiquetadas" in told[0]
    assert any("todavía no se puede decidir" in one for one in told)


@pytest.mark.parametrize(("errors", "promises"), [(0.5, False), (1.5, True), (-1.5, False)])
def test_labels_are_promised_only_where_the_advantage_is_more_than_its_standard_error(
    press, errors, promises
):
    contract, table = press
    problem = read_problem(contract, table.frame.head(80))
    reuse = Reuse(splits=5, folds=5, ratio=0.25)
    against = Measured(SHARE_APART, errors * 0.1, 0.01 / reuse.inflation, np.inf, reuse)
    supported, needed = judge_support(problem, "f1", True, against)
    assert supported is False
    assert (needed.labels is not None) == promises


def test_a_difference_of_shares_is_never_more_than_one():
    found = Measured(SHARE_APART, 0.53, 0.05, np.inf, Reuse(splits=5, folds=5, ratio=0.25)).interval()
    assert -1 <= found.low <= 0.53 <= found.high == 1


def test_always_the_same_answer_is_the_best_of_them(press):
    contract, table = press
    problem = read_problem(contract, table.frame.head(80))
    share = float(np.mean(problem.target == problem.positive))
    never = Outputs(
        probabilities=np.tile(np.float32([1 - share, share]), (80, 1)),
        decision=np.full(80, 1 - problem.positive),
    )
    told = best_constant(problem, never)
    assert (told.decision == problem.positive).all()
    assert told.probabilities is never.probabilities


@pytest.mark.parametrize(
    ("least", "said"), [(0.01, "better than now by about"), (-0.03, "nothing shows yet")]
)
def test_what_more_rows_bring_is_promised_only_where_it_shows(least, said):
    then, gain = Point(260, 0.7, 0.5, 0.9), Point(260, 0.05, least, 0.12)
    curve = LearningCurve("f1", True, (), (), (then,), (gain,))
    assert said in say(_of_growth(curve, then, gain))


def test_chances_that_are_all_alike_do_not_prove_themselves():
    reuse = Reuse(splits=5, folds=5, ratio=0.25)
    sure = Measured("brier", 0.0023, 1e-12, 60.0, reuse).interval()
    assert sure.high > 0.05
    unsure = Measured("brier", 0.2, 0.001, 60.0, reuse).interval()
    assert unsure.high == pytest.approx(size_interval(0.2, 0.001, reuse).high, rel=0.1)


def test_a_threshold_that_is_all_or_nothing_from_fold_to_fold_leaves_recall_open(press):
    contract, table = press
    problem = read_problem(contract, table.frame.head(100))
    fold = np.arange(100) % 5
    always = np.where(fold < 3, problem.positive, 1 - problem.positive)
    chances = np.full((100, 2), 0.5, np.float32)
    one = Pass(problem, fold, Outputs(probabilities=chances, decision=always), {}, 80.0)
    found = measured(Repeated((one,), (), 1), seed=0)
    assert (found["recall"].interval().low, found["recall"].interval().high) == (0.0, 1.0)
    steady = Pass(problem, fold, Outputs(probabilities=chances, decision=problem.target), {}, 80.0)
    sure = measured(Repeated((steady,), (), 1), seed=0)["recall"].interval()
    assert sure.low > 0.5
