from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from msgspec import structs

from andamio.contracts import parse_contract
from andamio.contracts.signal import Signal
from andamio.errors import TrainingDataRefused
from andamio.kernel.digests import canonical_json
from andamio.training.anomaly.choosing import Field, Trial, best
from andamio.training.anomaly.distances import Mahalanobis
from andamio.training.anomaly.faults import FAULTS, inject
from andamio.training.anomaly.fitting import fit_detector
from andamio.training.anomaly.limits import allowed_alarms
from andamio.training.anomaly.networks import Autoencoder
from andamio.training.anomaly.splitting import hold_out_latest
from andamio.training.matrix import Matrices
from andamio.training.run import TrainOptions, train
from andamio.training.table import read_problem

from .conftest import HEAD, TAGS, contract, readings, table


@dataclass
class History:
    frame: pl.DataFrame
    name: str = "compressor"
    version: int = 1
    digest: str = "d" * 64


def quiet(step: object) -> None:
    """Nobody watches."""


LABELLED = HEAD.replace("time =", 'target = "state"\ntime =')


def test_a_history_that_nobody_labelled_becomes_a_candidate_with_all_its_evidence():
    gates = '[accept]\nfalse_alarm_rate = "<= 0.05"\ndetection = ">= 0.3"\n'
    made = train(contract(gates), History(table(readings(500, 4))), TrainOptions(trials=2), quiet)
    facts = made.parts.evaluation
    assert made.deployable, facts["gates"]
    assert facts["main"] == "detection"
    assert facts["metrics"]["recall"]["value"] is None
    assert facts["metrics"]["false_alarm_rate"]["value"] <= 0.05
    assert made.parts.parity["passed"]
    assert made.parts.info.kind == "anomaly"
    assert made.parts.lineage["learnt"]["history_vouches_for_the_budget"] is False
    again = train(contract(gates), History(table(readings(500, 4))), TrainOptions(trials=2), quiet)
    assert canonical_json(facts) == canonical_json(again.parts.evaluation)
    assert made.parts.graph == again.parts.graph


def test_known_anomalies_are_measured_on_and_never_learnt_from():
    values = readings(500, 6)
    bad = np.zeros(500, bool)
    bad[100:140] = True
    values[bad] = np.random.default_rng(7).normal(20, 12, (40, len(TAGS)))
    state = np.where(bad, "anomaly", "").tolist()
    problem = read_problem(contract(head=LABELLED), table(values, state=state))
    assert problem.classes == ("normal", "anomaly")
    split = hold_out_latest(problem, 0.2)
    assert not np.isin(np.flatnonzero(bad), split.train).any()
    made = train(contract(head=LABELLED), History(table(values, state=state)), TrainOptions(trials=1), quiet)
    assert made.parts.evaluation["main"] == "f1"
    assert made.parts.evaluation["metrics"]["recall"]["value"] > 0.8
    assert made.parts.evaluation["standings"][0]["recall"] > 0.8


def test_two_labels_name_the_usual_and_the_anomaly():
    problem = read_problem(contract(head=LABELLED), table(readings(40, 1), state=[0] * 30 + [1] * 10))
    assert (problem.classes, problem.positive, int(problem.target.sum())) == (("0", "1"), 1, 10)


def test_three_labels_are_refused_with_what_to_do():
    with pytest.raises(TrainingDataRefused) as refused:
        read_problem(contract(head=LABELLED), table(readings(30, 1), state=["a", "b", "c"] * 10))
    assert "3 different labels" in str(refused.value.faults[0].what)


def test_a_few_bad_rows_in_the_history_do_no_harm():
    clean, dirty = readings(1500, 8), readings(1500, 8)
    dirty[700:706] *= 5
    fitted = [
        fit_detector(
            read_problem(contract(), table(values)),
            excluded=frozenset(),
            budget_s=9.0,
            trials=1,
            seed=0,
            progress=quiet,
        )
        for values in (clean, dirty)
    ]
    limits = [one.chosen.limit.level for one in fitted]
    assert (fitted[0].set_aside, fitted[1].set_aside) == (0, 6)
    assert limits[1] == pytest.approx(limits[0], rel=0.2)


def test_the_budget_counts_months_by_the_clock_and_shares_without_one():
    frame = table(readings(600, 1))
    by_clock = read_problem(contract("[monitor]\nfalse_alarms_per_month = 2\n"), frame)
    assert allowed_alarms(by_clock) == pytest.approx(2 * 600 * 60 / (30.44 * 86_400))
    head = HEAD.replace('time = "time"\n', "")
    without = read_problem(contract("[anomaly]\nfalse_alarm_share = 0.01\n", head), frame)
    assert allowed_alarms(without) == pytest.approx(6.0)


def test_a_smaller_budget_sets_a_higher_limit():
    frame = table(readings(2000, 9))
    head = HEAD.replace('time = "time"\n', "")
    levels = []
    for share in (0.02, 0.0005):
        problem = read_problem(contract(f"[anomaly]\nfalse_alarm_share = {share}\n", head), frame)
        matrices = Matrices(problem.contract, problem.rows, frozenset())
        field = Field.of(problem, problem.take(np.zeros(0, np.int64)), matrices.graph(), matrices.matrix(), 0)
        levels.append(field.tried(Mahalanobis()).limit.level)
    assert levels[1] > 1.05 * levels[0]


def test_a_fault_changes_one_tag_of_a_row_and_nothing_else(usual):
    found = inject(usual, seed=0)
    before = usual.rows.take(found.source).numbers
    assert ((found.rows.numbers != before).sum(axis=1) <= 1).all()
    assert set(found.kind.tolist()) == set(range(len(FAULTS)))
    assert found.shares(np.ones(len(found.kind), bool)) == dict.fromkeys(FAULTS, 1.0)


def test_a_fault_fills_the_window_of_its_tag(usual):
    signals = tuple(Signal(name=tag, tag=tag, length=4, start=4 * i) for i, tag in enumerate(TAGS))
    windowed = dataclasses.replace(
        usual,
        contract=_with_signals(usual.contract, signals),
        rows=structs.replace(usual.rows, signals=np.repeat(usual.rows.numbers, 4, axis=1)),
    )
    found = inject(windowed, seed=0)
    before = windowed.rows.take(found.source).signals
    changed = (found.rows.signals != before).reshape(len(before), len(TAGS), 4)
    assert (changed.any(axis=2).sum(axis=1) <= 1).all()
    spike = found.kind == list(FAULTS).index("spike")
    assert (changed[spike].sum(axis=(1, 2)) == 1).all()
    assert (changed[found.kind == 0].sum(axis=(1, 2)) == 4).all()


def test_a_waveform_is_spoilt_sample_by_sample():
    text = (
        '[model]\nkind = "anomaly"\ndata = "fan"\n'
        '[input.shake]\ntype = "waveform"\nlength = 8\nrate_hz = 100\n'
        '[features]\nsize = "rms(shake)"\n'
    )
    told = parse_contract(text, name="fan", file="models/fan.toml")
    waves = np.random.default_rng(0).normal(size=(60, 8)).tolist()
    problem = read_problem(told, pl.DataFrame({"shake": waves}))
    found = inject(problem, seed=0)
    changed = found.rows.signals != problem.rows.take(found.source).signals
    assert changed[found.kind == list(FAULTS).index("spike")].sum(axis=1).tolist() == [1] * 40
    assert changed[found.kind == list(FAULTS).index("offset")].all()


def test_a_window_adds_its_means_and_nothing_else():
    told = contract("[window]\nlength = 5\n")
    fitted = fit_detector(
        read_problem(told, table(readings(200, 1))),
        excluded=frozenset(),
        budget_s=9.0,
        trials=1,
        seed=0,
        progress=quiet,
    )
    assert fitted.native.features.names == (*TAGS, *(f"{tag}_mean" for tag in TAGS))
    info = fitted.native.info(told)
    assert (info.signals, info.samples) == (TAGS, (5,) * len(TAGS))


def test_a_lead_that_may_be_luck_does_not_win_over_a_simpler_candidate():
    lucky = _trial(0.30, [0.3, 0.3, 0.3, 0.3, 0.3])
    simple = _trial(0.25, [0.25, 0.28, 0.25, 0.28, 0.25])
    assert lucky.lead_error(simple) == pytest.approx(0.02939, rel=1e-3)
    assert best([simple, lucky]) is simple
    steady = _trial(0.25, [0.25, 0.26, 0.24, 0.25, 0.25])
    assert best([steady, lucky]) is lucky


def test_without_a_tenth_of_the_history_each_candidate_is_judged_again():
    problem = read_problem(contract(), table(readings(600, 1)))
    matrices = Matrices(problem.contract, problem.rows, frozenset())
    nobody = problem.take(np.zeros(0, np.int64))
    field = Field.of(problem, nobody, matrices.graph(), matrices.matrix(), 0)
    tried = field.tried(Mahalanobis())
    assert tried.without.shape == (10,)
    assert tried.power == pytest.approx(tried.without.mean(), abs=0.05)
    assert tried.lead_error(tried) == 0
    assert tried.lead_error(field.tried(Autoencoder())) > 0


def test_a_handful_of_known_anomalies_counts_as_much_as_all_made_up_faults():
    """Between two ways to run lies what no distance from their common middle can see."""
    values, second = readings(400, 3), np.arange(400) // 20 % 2 == 1
    values[second] += 60
    bad = np.zeros(400, bool)
    bad[::50] = True
    values[bad] = readings(8, 4) + 30
    state = np.where(bad, "anomaly", "").tolist()
    told = _fitted(read_problem(contract(head=LABELLED), table(values, state=state)), 4)
    trials = {trial.candidate.family: trial for trial in told.trials}
    assert trials["mahalanobis"].recall == 0
    assert trials["operating-points"].recall == 1
    assert told.chosen is trials["operating-points"]
    for trial in told.trials:
        of_faults = np.mean(list(trial.noticed.values()))
        assert trial.power == pytest.approx((of_faults + trial.recall) / 2)
    state = np.where(bad & (np.arange(400) < 200), "anomaly", "").tolist()
    four = _fitted(read_problem(contract(head=LABELLED), table(values[:390], state=state[:390])), 1).chosen
    assert four.recall is None
    assert four.power == pytest.approx(np.mean(list(four.noticed.values())))


def test_a_tag_that_wanders_must_go_further_before_it_is_unusual():
    rng = np.random.default_rng(1)
    still = rng.normal(size=(600, 1))
    wandering = np.repeat(rng.normal(size=10), 60)[:, None] + 0.1 * rng.normal(size=(600, 1))
    wandering = (wandering - wandering.mean()) / wandering.std()
    model = Mahalanobis().learn(np.hstack([still, wandering]).astype(np.float32), 0)
    off = model.raw(np.array([[4.0, 0.0], [0.0, 4.0]]) + model_middle(still, wandering))
    assert off[0] == pytest.approx(4.0, rel=0.1)
    assert off[1] == pytest.approx(4.0 / np.sqrt(2), rel=0.1)


def model_middle(still, wandering):
    return np.array([still.mean(), wandering.mean()])


def _fitted(problem, trials=None):
    return fit_detector(problem, excluded=frozenset(), budget_s=60.0, trials=trials, seed=0, progress=quiet)


def _trial(power, without):
    return Trial(Mahalanobis(), (), None, 1.0, {}, None, power, np.array(without))


def _with_signals(told, signals):
    class Told:
        def __getattr__(self, name):
            return signals if name == "signals" else getattr(told, name)

    return Told()
