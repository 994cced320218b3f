from __future__ import annotations

import dataclasses
import json

import polars as pl
import pytest

from andamio.contracts import parse_contract
from andamio.kernel.digests import canonical_json
from andamio.training.run import TrainOptions, input_leaks, train
from andamio.training.study import Step
from andamio.training.table import read_problem


def quiet(step: Step) -> None:
    assert str(step.text)


# A pass over all rows; with the curve of fewer rows beside it.
ONE_PASS, WITH_CURVE = TrainOptions(trials=1, steps=1), TrainOptions(trials=1, steps=2)


@pytest.fixture(scope="module")
def candidate(press, fit):
    """The usual candidate, which no test changes."""
    contract, table = press
    return train(contract, table, WITH_CURVE, quiet, learn=fit)


def test_training_twice_gives_the_same_bytes(press, fit, candidate):
    contract, table = press
    first, second = candidate, train(contract, table, WITH_CURVE, quiet, learn=fit)
    assert first.parts.files() == second.parts.files()
    assert first.parts.digest() == second.parts.digest()


def test_another_seed_holds_other_rows_out(press, fit, candidate):
    contract, table = press
    second = train(contract, table, dataclasses.replace(ONE_PASS, seed=1), quiet, learn=fit)
    assert candidate.parts.lineage["split"] != second.parts.lineage["split"]


def test_a_candidate_carries_evidence_from_data_to_gate(press, candidate):
    contract, _table = press
    assert candidate.parts.lineage["dataset"] == {"name": "press", "version": 1, "digest": "0" * 64}
    assert candidate.parts.parity["passed"] is True
    assert [gate.where for gate in candidate.evaluation.gates] == [
        "parity",
        "all",
        "all",
        "product = A",
        "product = B",
        "noise 1 %",
    ]
    assert candidate.deployable
    assert len(candidate.parts.golden) >= 12
    assert candidate.parts.reference["rows"] == candidate.split.train.size
    background = candidate.parts.reference["background.numbers"]
    assert background.shape == (64, len(contract.numbers))
    assert candidate.parts.reference["background.categories"].shape == (64, len(contract.categories))
    assert {key for key, _ in candidate.unanswered} == {"owner", "runs_at", "inputs_from", "truth_from"}


def test_no_file_of_a_candidate_names_a_moment_or_a_duration(candidate):
    text = json.dumps([candidate.parts.evaluation, candidate.parts.lineage, candidate.parts.parity])
    for word in ("seconds", "duration", "host", "user", "p50_ms"):
        assert word not in text
    assert set(candidate.record) == {"durations", "latency"}


def test_a_column_that_gives_the_target_away_is_not_learnt_from_unless_a_person_vouches(press, fit):
    contract, table = press
    spoiled = contract.source + '\n[input.repair]\ntype = "boolean"\n'
    frame = table.frame.with_columns((pl.col("falla") == "sí").alias("repair"))
    contract = parse_contract(spoiled, name="press", file="models/press.toml")
    table = dataclasses.replace(table, frame=frame)
    candidate = train(contract, table, ONE_PASS, quiet, learn=fit)
    assert candidate.excluded == {"repair"}
    assert "repair" not in candidate.parts.info.features
    kept = train(contract, table, dataclasses.replace(ONE_PASS, keep=frozenset({"repair"})), quiet, learn=fit)
    assert "repair" in kept.parts.info.features
    assert kept.parts.lineage["kept"] == ["repair"]


def test_a_failed_gate_makes_a_candidate_not_deployable(press, fit):
    contract, table = press
    source = contract.source.replace('recall = ">= 0.5"', 'recall = ">= 0.999"', 1)
    contract = parse_contract(source, name="press", file="models/press.toml")
    candidate = train(contract, table, ONE_PASS, quiet, learn=fit)
    assert not candidate.deployable
    failed = [gate for gate in candidate.evaluation.gates if gate.passed is False]
    assert [(gate.metric, gate.where) for gate in failed] == [("recall", "all")]


def test_a_regression_is_measured_in_its_unit_and_its_intervals(kiln, fit):
    contract, table = kiln
    candidate = train(contract, table, ONE_PASS, quiet, learn=fit)
    metrics = candidate.evaluation.metrics
    assert 0.2 < metrics["rmse"].value < 0.4
    assert metrics["r2"].low < metrics["r2"].value < metrics["r2"].high
    assert 0.8 < metrics["coverage"].value <= 1.0
    assert candidate.deployable
    assert candidate.evaluation.comparisons[0].as_good is False


def test_everything_under_the_digest_is_plain_json(candidate):
    for part in (candidate.parts.evaluation, candidate.parts.lineage, candidate.parts.parity):
        assert canonical_json(json.loads(canonical_json(part))) == canonical_json(part)


def test_a_waveform_that_a_csv_holds_as_text_names_no_rows() -> None:
    contract = parse_contract(
        '[model]\nkind = "classification"\ndata = "d"\ntarget = "state"\n'
        '[input.vib]\ntype = "waveform"\nlength = 3\nrate_hz = 10\n',
        name="m",
        file="-",
    )
    rows = [f"[0.5, 1.5, {row}]" for row in range(60)]
    frame = pl.DataFrame({"vib": rows, "state": ["ok" if row % 3 else "worn" for row in range(60)]})
    assert input_leaks(contract, frame, read_problem(contract, frame)) == []
