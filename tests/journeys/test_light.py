"""A model that must stay small and quick: pruned, judged, told at every door."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.cli.application import run

CONTRACT = """\
[model]
kind = "classification"
data = "press"
target = "state"
positive = "worn"

[input.force]
type = "number"
unit = "kN"

[input.stroke]
type = "number"
unit = "mm"

[output.state]

[limits]
model_mb = 0.012
p99_ms = 1000

[accept]
f1 = ">= 0.5"
"""


def write_strokes(file: Path, rows: int) -> None:
    random = np.random.default_rng(2)
    with file.open("w", newline="", encoding="utf-8") as out:
        written = csv.writer(out)
        written.writerow(["force", "stroke", "state"])
        for _ in range(rows):
            force, stroke = random.uniform(0, 100), random.uniform(0, 50)
            worn = (force > 70) != (stroke > 30)
            worn = worn != (random.random() < 0.05)
            written.writerow([f"{force:.2f}", f"{stroke:.2f}", "worn" if worn else "good"])


def test_a_model_is_pruned_to_its_limit_and_says_what_that_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("andamio.kernel.settings.DEFAULT_KEYS", tmp_path / "keys")
    monkeypatch.setattr("andamio.cli.init.DEFAULT_KEYS", tmp_path / "keys", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> str:
        status = run(list(words))
        told = capsys.readouterr()
        assert status == 0, f"{words}\n{told.out}{told.err}"
        return told.out

    write_strokes(tmp_path / "press.csv", 2100)
    typed("init", "plant", "--from", "press.csv", "--target", "state")
    monkeypatch.chdir(tmp_path / "plant")
    typed("data", "add", "../press.csv", "--to", "press")
    Path("models/state.toml").write_text(CONTRACT, encoding="utf-8")
    trained: dict[str, Any] = json.loads(typed("train", "state", "--trials", "1", "--json"))
    gates = {gate["metric"]: gate for gate in trained["gates"]}
    assert gates["model_mb"]["passed"] is True
    assert gates["model_mb"]["value"] <= 0.012
    assert gates["p99_ms"]["passed"] is True
    pruned = trained["lineage"]["learnt"]["pruned"]
    assert pruned["whole_mb"] > 0.012 >= pruned["mb"] == gates["model_mb"]["value"]
    assert pruned["loss"] > 0
    shown = " ".join(typed("show", "state@1").split())
    assert "[limits] model_mb = 0.012 left" in shown
    assert "model_mb <= 0.012" in shown
    page = Path(trained["report"]).read_text(encoding="utf-8")
    assert "what the graph weighs, in MB" in page
    assert (
        "the figure is in the bundle&#39;s record" in page or "the figure is in the bundle's record" in page
    )
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler on this box")
    folder = tmp_path / "press-c"
    told = " ".join(typed("export", "state@1", "--to", "c", "--out", str(folder)).split())
    assert "it decides as the bundle does" in told
    facts = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    assert facts["digest"] == trained["digest"]
    assert facts["parity"]["decision_flips"] == 0
    assert facts["parity"]["rows"] > 64
