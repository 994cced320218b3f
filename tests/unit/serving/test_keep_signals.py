"""A share of the rows keep the samples of their signals; the others have everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andamio.bundles.deployment import Served, read_deployment, write_deployment
from andamio.cli.application import run
from andamio.journal import PredictionRecord, read_journal
from andamio.journal.sampling import rows_with_samples

WINDOW = """
[window]
length = 4
tags = ["bearing_temp"]

[operation]
keep_signals = 0.5
"""
HEADER = "bearing_temp,ambient_temp,product,pump,timestamp"


@pytest.fixture
def sampled(plant: Path, models: Any) -> Path:
    """A plant that has answered forty windows."""
    bundle = models.bundle("number", more=WINDOW, golden=0)
    path = plant / ".andamio" / "deployment.json"
    write_deployment(path, read_deployment(path).deploying("pump", Served(4, bundle.digest)))
    lines = [f"{50 + m % 7},20,L,P1,2026-01-01 08:{m:02d}:00" for m in range(43)]
    (plant / "rows.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    assert run(["score", "--in", "rows.csv", "--out", "out.csv"]) == 0
    return plant


def test_the_journal_keeps_samples_of_the_rows_that_their_ids_choose(sampled: Path) -> None:
    records = [r for r in read_journal(sampled / ".andamio" / "journal") if isinstance(r, PredictionRecord)]
    rows = [row for record in records for row in record.predictions()]
    kept = rows_with_samples([row.id for row in rows], 0.5)
    assert 0 < len(kept) < len(rows) == 40
    assert [place for place, row in enumerate(rows) if row.signals is not None] == kept
    for place in kept:
        row = rows[place]
        assert row.signals is not None
        assert row.signals.shape == (4,)
        assert row.signals[-1] == row.numbers[0]
    assert all(row.value is not None and row.asset == "P1" for row in rows)
    assert sum(len(record.signals or b"") for record in records) == 16 * len(kept)


def test_a_row_without_samples_says_so_when_it_is_to_be_explained(
    sampled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [r for r in read_journal(sampled / ".andamio" / "journal") if isinstance(r, PredictionRecord)]
    row = next(row for record in records for row in record.predictions() if row.lacks_samples)
    capsys.readouterr()
    assert run(["explain", row.id, "--json"]) != 0
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], "were not kept" in error["what"]) == ("not-explainable", True)


def test_a_row_without_samples_is_watched_and_told_the_truth(
    sampled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sampled / "truth.csv").write_text("pump,timestamp,State of pump\nP1,2026-01-01 08:09:00,1.5\n")
    capsys.readouterr()
    assert run(["feedback", "truth.csv"]) == 0
    capsys.readouterr()
    assert run(["status", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["answered"], model["rows"], model["performance"]["judged"]) == (40, 40, 1)
