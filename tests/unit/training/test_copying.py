from __future__ import annotations

import numpy as np
import polars as pl

from andamio.contracts import parse_contract
from andamio.contracts.rows import Rows
from andamio.features import FeaturePlan, feature_graph, run_features
from andamio.training.copying import MOST_COPIES, can_vary, copies_of_each, draw_copies
from andamio.training.table import read_problem

HEAD = '[model]\nkind = "regression"\ndata = "d"\ntarget = "y"\n{more}\n[output.y]\n'
TAGS = """
[input.temp]
type = "number"
unit = "degC"
range = [0, 100]
accuracy = 0.5
out_of_range = "flag"
missing = "impute"

[input.speed]
type = "integer"
accuracy = 2

[input.load]
type = "number"
"""


def _rows(contract, numbers, signals=None):
    n = len(numbers)
    return Rows(
        np.asarray(numbers, np.float32), np.empty((n, 0), object), [None] * n, [None] * n, [()] * n, signals
    )


def _contract(tags=TAGS, more=""):
    return parse_contract(HEAD.format(more=more) + tags, name="m", file="-")


def test_copies_stay_within_the_accuracy_and_the_range_and_leave_the_rest_alone():
    contract = _contract()
    numbers = [[99.9, 1000, 7], [0.1, 10, 8], [np.nan, 5, 9], [120.0, 5, 9]] * 50
    rows = _rows(contract, numbers)
    copies = list(draw_copies(contract, rows, 6, seed=1))
    drawn = np.stack([one.numbers for one in copies])
    temp = drawn[:, :, 0]
    known = ~np.isnan(rows.numbers[:, 0])
    off = temp[:, known] - rows.numbers[known, 0]
    assert np.abs(off).max() <= 0.5 + 1e-4
    assert off.std() > 0.15
    # What was in its range stays there; what was flagged outside of it is not pulled inside.
    inside = rows.numbers[:, 0] <= 100
    assert temp[:, inside].min() >= 0
    assert temp[:, inside].max() <= 100
    assert temp[:, 3::4].min() >= 119.5 - 1e-4
    assert temp[:, 3::4].max() <= 120 + 1e-4
    assert np.isnan(temp[:, ~known]).all()
    speed = drawn[:, :, 1] - rows.numbers[:, 1]
    assert set(np.unique(speed)) == {-2, -1, 0, 1, 2}
    assert (drawn[:, :, 2] == rows.numbers[:, 2]).all()


def test_the_same_seed_draws_the_same_copies_and_the_rows_are_untouched():
    contract = _contract()
    rows = _rows(contract, [[20, 5, 1]] * 9)
    kept = rows.numbers.copy()
    first, again, other = (list(draw_copies(contract, rows, 2, seed))[1].numbers for seed in (4, 4, 5))
    assert (first == again).all()
    assert (first != other).any()
    assert (rows.numbers == kept).all()


def test_derived_features_follow_the_copied_readings():
    tags = TAGS + '\n[features]\nheat = "temp * load"\n'
    contract = _contract(tags.replace('unit = "degC"\n', ""))
    rows = _rows(contract, np.column_stack([np.linspace(10, 90, 30), np.arange(30), np.linspace(1, 3, 30)]))
    graph = feature_graph(FeaturePlan(contract, (), frozenset(), {"temp": 50.0}, {}, None))
    (copy,) = draw_copies(contract, rows, 1, seed=0)
    made = run_features(graph, copy)
    heat = made[:, graph.names.index("heat")]
    assert (heat == copy.numbers[:, 0] * copy.numbers[:, 2]).all()
    assert (heat != run_features(graph, rows)[:, graph.names.index("heat")]).all()


WAVES = """
[input.shake]
type = "waveform"
length = 64
rate_hz = 640

[input.sound]
type = "waveform"
length = 32
rate_hz = 320
"""


def test_waveforms_of_a_row_begin_later_by_the_same_time_and_keep_their_samples():
    contract = _contract(WAVES)
    at = np.arange(64) / 640
    shake, sound = np.sin(2 * np.pi * 10 * at), np.sin(2 * np.pi * 10 * at[::2])
    signals = np.tile(np.concatenate([shake, sound]), (20, 1)).astype(np.float32)
    rows = _rows(contract, np.empty((20, 0)), signals)
    (copy,) = draw_copies(contract, rows, 1, seed=0)
    assert (np.sort(copy.signals[:, :64]) == np.sort(signals[:, :64])).all()
    assert len(np.unique(copy.signals[:, 0])) > 5
    # Samples of the slower one are every other sample of the faster one, before and after, to one sample.
    apart = np.abs(copy.signals[:, :64:2] - copy.signals[:, 64:]).max()
    assert apart <= 2 * np.pi * 10 / 640 + 1e-6


def test_the_latest_value_of_a_window_and_its_last_sample_are_one_reading():
    more = 'time = "t"\n[window]\nlength = 4\ntags = ["temp"]\n'
    contract = _contract('\n[input.temp]\ntype = "number"\naccuracy = 0.5\n', more)
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"t": np.arange(60), "temp": rng.normal(size=60), "y": rng.normal(size=60)})
    problem = read_problem(contract, frame)
    (copy,) = draw_copies(contract, problem.rows, 1, seed=0)
    assert (copy.numbers[:, 0] == copy.signals[:, -1]).all()
    off = copy.signals - problem.rows.signals
    assert 0.1 < np.abs(off).mean() < 0.4
    assert (np.abs(np.diff(off, axis=1)) > 0).mean() > 0.9


def test_copies_are_possible_only_where_the_contract_says_how_readings_differ():
    assert can_vary(_contract(), frozenset())
    assert not can_vary(_contract(), frozenset(("temp", "speed")))
    assert not can_vary(
        _contract(TAGS.replace("accuracy = 0.5\n", "").replace("accuracy = 2\n", "")), frozenset()
    )
    assert can_vary(_contract(WAVES), frozenset())
    assert copies_of_each(40) == MOST_COPIES
    assert copies_of_each(2000) == 2
