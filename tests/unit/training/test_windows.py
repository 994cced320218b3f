"""Problems over windows: what a row sees, what its label looks at, and that the two sides never meet."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.errors import TrainingDataRefused
from andamio.training.splits import folds, holdout
from andamio.training.table import Problem, read_problem

MODEL = """
[model]
kind = "{kind}"
data = "pumps"
{target}
time = "{time}"
asset = "unit"
{horizon}

[input.temp]
type = "number"
range = [0, 1000]

[input.load]
type = "number"
missing = "impute"
{window}
"""


def contract(
    kind: str = "regression",
    *,
    target: str = "",
    horizon: str = "",
    window: str = "",
    time: str = "cycle",
) -> Contract:
    written = MODEL.format(
        kind=kind,
        target=f'target = "{target}"' if target else "",
        horizon=f"horizon = {horizon}" if horizon else "",
        window=f"[window]\n{window}" if window else "",
        time=time,
    )
    return parse_contract(written, name="wear", file="models/wear.toml")


def engines(lives: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unit": [f"e{i}" for i, life in enumerate(lives) for _ in range(life)],
            "cycle": [c + 1 for life in lives for c in range(life)],
            "temp": [float(10 * i + c) for i, life in enumerate(lives) for c in range(life)],
            "load": [1.0 for life in lives for _ in range(life)],
        }
    )


def hours(rows: int, failures: list[int]) -> pl.DataFrame:
    start = np.datetime64("2026-01-01T00:00:00", "us")
    return pl.DataFrame(
        {
            "unit": ["p1"] * rows,
            "at": start + np.arange(rows) * np.timedelta64(3600, "s"),
            "temp": np.arange(rows, dtype=np.float64) % 900,
            "load": np.ones(rows),
            "failed": ["yes" if row in failures else "no" for row in range(rows)],
        }
    )


def test_the_rows_of_each_asset_become_windows_in_the_order_of_its_clock() -> None:
    frame = engines([9, 30, 4]).sample(fraction=1.0, shuffle=True, seed=1)
    problem = read_problem(contract(horizon="125", window="length = 5"), frame)
    assert len(problem) == (9 - 4) + (30 - 4)
    signals = problem.rows.signals
    assert signals is not None
    assert signals.shape == (31, 10)
    np.testing.assert_array_equal(signals[:, 4], problem.rows.numbers[:, 0])
    np.testing.assert_array_equal(np.diff(signals[:, :5], axis=1), np.ones((31, 4), np.float32))
    source = frame[problem.source]
    assert source["unit"].to_list() == problem.assets.tolist()
    np.testing.assert_array_equal(source["temp"].to_numpy(), problem.rows.numbers[:, 0])
    assert [(str(out.reason), out.rows) for out in problem.left_out] == [("no window ends there", 12)]


def test_remaining_cycles_count_down_to_the_end_of_the_run_and_are_capped() -> None:
    problem = read_problem(contract(horizon="10", window="length = 3"), engines([25, 40]))
    life = np.where(problem.assets == "e0", 25, 40)
    assert problem.times is not None
    np.testing.assert_array_equal(problem.target, np.minimum(life - problem.times, 10))


def test_without_windows_a_horizon_labels_each_row() -> None:
    problem = read_problem(contract(horizon="10"), engines([25, 40]))
    assert len(problem) == 65
    assert problem.rows.signals is None
    assert problem.target.max() == 10


def test_a_column_of_remaining_cycles_is_capped() -> None:
    frame = engines([30]).with_columns(rul=pl.lit(30) - pl.col("cycle"))
    problem = read_problem(contract(target="rul", horizon="12"), frame)
    np.testing.assert_array_equal(problem.target, np.minimum(29 - np.arange(30), 12))


def test_an_event_within_the_horizon_is_the_label_and_the_unknown_end_is_left_out() -> None:
    frame = hours(100, [40, 41, 42])
    problem = read_problem(
        contract(
            "classification", target="failed", horizon='"24 h"', time="at", window='length = 6\nevery = "1 h"'
        ),
        frame,
    )
    assert problem.times is not None
    at = (problem.times - problem.times[0]) / 3600 + 5
    yes = problem.target == problem.positive
    assert at[yes].tolist() == list(range(16, 40))
    assert at[~yes].tolist() == [*range(5, 16), *range(43, 76)]
    assert {str(out.reason): out.rows for out in problem.left_out} == {
        "the event is on already": 3,
        "the horizon reaches beyond what is known": 24,
    }


def test_remaining_time_is_told_in_the_unit_of_the_horizon() -> None:
    frame = hours(60, [50])
    problem = read_problem(contract(target="failed", horizon='"20 h"', time="at"), frame)
    at = np.arange(51)
    np.testing.assert_allclose(problem.target, np.minimum(50 - at, 20.0))


def test_a_horizon_of_rows_counts_rows_where_the_clock_is_a_time() -> None:
    frame = hours(60, [50])[::2]
    problem = read_problem(contract(target="failed", horizon="5", time="at"), frame)
    np.testing.assert_array_equal(problem.target[:26], np.minimum(25 - np.arange(26), 5))


def test_an_event_that_nobody_can_tell_is_refused() -> None:
    frame = hours(60, []).with_columns(failed=pl.Series(["a", "b", "c"] * 20))
    with pytest.raises(TrainingDataRefused) as refused:
        read_problem(contract("classification", target="failed", horizon='"5 h"', time="at"), frame)
    assert "no label" in str(refused.value.faults[0].what)


def overlap(problem: Problem, train: np.ndarray, test: np.ndarray) -> bool:  # type: ignore[type-arg]
    assert problem.spans is not None
    names = problem.assets if problem.assets is not None else np.zeros(len(problem), object)
    for one in test.tolist():
        mine = train[names[train] == names[one]]
        if (
            (problem.spans[mine, 0] <= problem.spans[one, 1])
            & (problem.spans[mine, 1] >= problem.spans[one, 0])
        ).any():
            return True
    return False


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 8), st.integers(2, 6), st.integers(1, 20), st.integers(0, 5))
def test_no_window_and_no_horizon_reaches_over_to_the_other_side(
    assets: int, length: int, horizon: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frame = engines([int(life) for life in rng.integers(60, 120, assets)])
    problem = read_problem(contract(horizon=str(horizon), window=f"length = {length}"), frame)
    split = holdout(problem, seed=seed)
    assert len(split.train)
    assert not overlap(problem, split.train, split.test)
    for train, test in folds(problem.take(split.train), 3, seed):
        assert not overlap(problem.take(split.train), train, test)


def test_a_label_that_was_not_known_yet_does_not_train_what_came_before() -> None:
    frame = pl.concat(
        [hours(400, [100, 180, 260, 330, 380]).with_columns(unit=pl.lit(u)) for u in ("p1", "p2")]
    )
    problem = read_problem(
        contract("classification", target="failed", horizon='"24 h"', time="at", window="length = 6"), frame
    )
    split = holdout(problem)
    assert split.rule == "time"
    assert problem.spans is not None
    assert problem.moments is not None
    assert problem.spans[split.train, 1].max() < problem.moments[split.test].min()
