"""Harm is confirmed label by label, in the order of arrival, and no label is counted twice."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.bundles import GraphInfo
from andamio.contracts import parse_contract
from andamio.journal import Judged, Prediction, PredictionRecord, TruthRecord
from andamio.monitoring import Cause
from andamio.monitoring.performance import LossDetector, Promise
from andamio.statistics.losses import clusters_of, error_quantiles, loss_sums, value_losses

HOUR, DAY = 3600.0, 86_400.0
START = 1_780_000_000.0
RECORD = PredictionRecord(ids=(), time=START, model="m", version=1, digest="0" * 64, numbers=b"")
CONTRACT = parse_contract(
    '[model]\nkind = "classification"\ndata = "d"\ntarget = "t"\n[input.a]\ntype = "number"\n[output.f]\n',
    name="m",
    file="models/m.toml",
)
CLASSES = GraphInfo(
    kind="classification", numbers=("a",), categories=(), features=("a",), classes=("0", "1"), positive=None
)
NUMBERS = GraphInfo(
    kind="regression", numbers=("a",), categories=(), features=("a",), classes=(), coverage=0.9
)


def detector() -> LossDetector:
    """A version that promised an accuracy of 0.90, measured on 1,000 rows."""
    return LossDetector(CONTRACT, CLASSES, {}, {"accuracy": Promise(0.9, 0.881, 0.919)}, held_out_rows=1000)


def judged(
    place: int,
    truth: float | str,
    *,
    value: float | None = None,
    asset: str | None = None,
    delay: float = 0.0,
) -> Judged:
    """One answer an hour; class 0 or a value, and what was true."""
    moment = START + HOUR * place
    row = Prediction(
        id=str(place),
        record=RECORD,
        asset=asset,
        event_time=datetime.fromtimestamp(moment, UTC).isoformat(),
        flags=(),
        numbers=np.zeros(1, np.float32),
        categories=(),
        probabilities=None,
        decision=0 if value is None else None,
        value=value,
        lower=None if value is None else value - 1.645,
        upper=None if value is None else value + 1.645,
    )
    return Judged(row, TruthRecord(time=moment + delay, model="m", value=truth, prediction=str(place)))


def stream(random: np.random.Generator, *rates: tuple[int, float]) -> list[Judged]:
    """Judge rows whose errors come at these rates, on three machines."""
    wrong = np.concatenate([random.random(rows) < rate for rows, rate in rates])
    return [judged(i, "1" if w else "0", asset=f"press-{i % 3}") for i, w in enumerate(wrong)]


def first_finding(found: LossDetector, items: list[Judged]) -> int | None:
    for place, item in enumerate(items):
        found.feed_truth([item])
        if found.standing():
            return place
    return None


def test_a_rise_of_the_error_rate_is_confirmed_within_400_labels() -> None:
    delays = []
    for seed in range(15):
        place = first_finding(detector(), stream(np.random.default_rng(seed), (400, 0.1), (900, 0.2)))
        assert place is not None
        delays.append(place - 399)
    assert 0 < np.median(delays) <= 400
    assert sum(delay <= 0 for delay in delays) == 0


def test_good_labels_alarm_less_than_once_in_a_thousand() -> None:
    alarms = sum(
        first_finding(detector(), stream(np.random.default_rng(seed), (1500, 0.1))) is not None
        for seed in range(8)
    )
    assert alarms <= 8 * 1500 / 1000 / 5


def test_one_bad_day_of_one_machine_is_no_harm_and_the_same_errors_everywhere_are() -> None:
    one = [judged(i, "1" if i % 24 < 16 and 480 <= i < 504 else "0", asset="press-1") for i in range(800)]
    assert first_finding(detector(), one) is None
    many = [judged(i, "1" if i % 3 == 0 and i > 400 else "0", asset=f"press-{i % 20}") for i in range(800)]
    assert first_finding(detector(), many) is not None


def test_the_finding_says_how_bad_since_when_and_how_sure() -> None:
    watched = detector()
    watched.feed_truth(stream(np.random.default_rng(1), (600, 0.1), (600, 0.3)))
    (found,) = watched.standing()
    assert (found.kind, found.cause, found.data["metric"]) == ("harm", Cause.CONCEPT, "accuracy")
    assert found.data["live"] == pytest.approx(0.7, abs=0.05)
    assert found.data["promised"] == 0.9
    assert found.since is not None
    assert abs(found.since.timestamp() - (START + HOUR * 600)) < 150 * HOUR
    assert found.certainty is not None
    assert found.certainty > 0.9
    watched.inputs_drifted = True
    assert watched.standing()[0].cause is Cause.PROCESS


def test_harm_ends_when_the_answers_are_good_again() -> None:
    watched, items = detector(), stream(np.random.default_rng(2), (300, 0.1), (400, 0.4), (600, 0.05))
    watched.feed_truth(items[:700])
    assert watched.standing()
    watched.feed_truth(items[700:])
    assert not watched.standing()


def test_a_truth_that_is_corrected_or_sent_again_counts_once() -> None:
    watched, again = detector(), detector()
    items = stream(np.random.default_rng(3), (200, 0.2))
    watched.feed_truth(items)
    again.feed_truth(items)
    again.feed_truth(items)
    again.feed_truth([Judged(i.prediction, i.truth, (i.truth,)) for i in items])
    assert again.passed_over == 400
    assert_same_evidence(watched, again)


def test_truths_of_the_past_are_not_bet_on() -> None:
    watched = detector()
    watched.feed_truth([judged(i, "0", asset="press-1", delay=HOUR) for i in range(200)])
    watched.feed_truth([judged(i - 5000, "1", asset=f"press-{i % 9}", delay=5000 * HOUR) for i in range(300)])
    assert watched.passed_over == 300
    assert watched.standing() == ()


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=5), restart=st.booleans())
def test_cut_anywhere_and_restarted_anywhere_it_is_in_the_same_state(cuts: list[int], restart: bool) -> None:
    items = stream(np.random.default_rng(4), (150, 0.1), (150, 0.5))
    whole, cut = detector(), detector()
    whole.feed_truth(items)
    ends = [0, *sorted(cuts), len(items)]
    for start, end in pairwise(ends):
        cut.feed_truth(items[start:end])
        if restart:
            state = cut.state()
            cut = detector()
            cut.restore(state)
    assert_same_evidence(whole, cut)
    assert whole.standing() == cut.standing()


def assert_same_evidence(one: LossDetector, other: LossDetector) -> None:
    mine, theirs = dict(one.state()), dict(other.state())
    mine.pop("passed_over"), theirs.pop("passed_over")
    mine.pop("clock"), theirs.pop("clock")
    assert mine.keys() == theirs.keys()
    for name, array in mine.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)


def press() -> LossDetector:
    """A version that answers numbers; its held-out errors are normal with a deviation of 1."""
    random = np.random.default_rng(0)
    truth = random.normal(50, 5, 1500)
    value = truth + random.normal(0, 1, 1500)
    quantiles = error_quantiles(truth, value)
    losses = value_losses(truth, value, value - 1.645, value + 1.645, quantiles)
    reference = {**quantiles, **loss_sums(losses, clusters_of(None, None, 1500))}
    return LossDetector(CONTRACT, NUMBERS, reference, {})


@pytest.mark.parametrize(
    ("bias", "spread", "gross", "metrics"),
    [
        (0.0, 1.0, 0.0, set()),
        (0.0, 2.0, 0.0, {"mae", "large", "coverage"}),
        (0.7, 1.0, 0.0, {"bias_high"}),
        (-0.7, 1.0, 0.0, {"bias_low"}),
        (0.0, 1.0, 0.2, {"large"}),
    ],
)
def test_a_number_harms_by_larger_errors_by_bias_and_by_gross_ones(
    bias: float, spread: float, gross: float, metrics: set[str]
) -> None:
    random = np.random.default_rng(5)
    errors = random.normal(bias, spread, 700) + np.where(random.random(700) < gross, 40.0, 0.0)
    watched = press()
    watched.feed_truth([judged(i, 50.0, value=50.0 + float(error)) for i, error in enumerate(errors)])
    found = watched.standing()
    assert metrics <= {str(finding.data["metric"]) for finding in found}
    assert bool(found) is bool(metrics)
    assert all((finding.kind == "coverage") is (finding.data["metric"] == "coverage") for finding in found)


def test_a_bundle_without_a_promise_is_said_not_to_be_judged() -> None:
    watched = LossDetector(CONTRACT, NUMBERS, {}, {})
    watched.feed_truth([judged(0, 50.0, value=50.0)])
    (found,) = watched.standing()
    assert found.kind == "no-promise"
