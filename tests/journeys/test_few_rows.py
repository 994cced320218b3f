"""A plant with sixty labels: what it may claim, at every door."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from andamio.cli.application import run


def history(file: Path, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    with file.open("w", newline="", encoding="utf-8") as out:
        written = csv.writer(out)
        written.writerow(["pressure", "temperature", "failed"])
        for _ in range(rows):
            pressure, temperature = random.normal(5, 1), random.normal(60, 8)
            failed = int(pressure * temperature + random.normal(0, 30) > 340)
            written.writerow([f"{pressure:.2f}", f"{temperature:.1f}", failed])


def test_sixty_labels_say_what_they_can_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("andamio.kernel.settings.DEFAULT_KEYS", tmp_path / "keys")
    monkeypatch.setattr("andamio.cli.init.DEFAULT_KEYS", tmp_path / "keys", raising=False)
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> str:
        status = run(list(words))
        told = capsys.readouterr()
        # So few rows may fail a gate; what they can claim is told all the same.
        assert status == 0 or (status == 1 and words[0] == "train"), f"{words}\n{told.out}{told.err}"
        return told.out

    history(tmp_path / "press.csv", 60, 0)
    typed("init", "plant", "--from", "press.csv", "--target", "failed")
    monkeypatch.chdir(tmp_path / "plant")
    typed("data", "add", "../press.csv", "--to", "press")
    trained = json.loads(typed("train", "failed", "--trials", "1", "--json"))
    claims = trained["claims"]
    assert claims["rows"] == trained["measured"]["rows"] == 60
    assert claims["curve"]["more"][-1]["rows"] == 260
    shown = " ".join(typed("show", "failed@1").split())
    assert "What can be claimed:" in shown
    assert " ".join(claims["sentences"][0].split()[:6]) in shown
    page = Path(trained["report"]).read_text(encoding="utf-8")
    assert "What can be claimed" in page
    assert "labelled today" in page
    assert not any(trained["offered"].values())
    # The same plant's first model as a sister, and copies within the sensors: offered, weighed, told of.
    contract = Path("models/failed.toml")
    written = contract.read_text(encoding="utf-8")
    assert "[input.pressure]\n" in written
    contract.write_text(written.replace("[input.pressure]\n", "[input.pressure]\naccuracy = 0.05\n"), "utf-8")
    told = " ".join(typed("train", "failed", "--from", "failed@1", "--trials", "1").split())
    assert "The prediction of failed@1" in told
    assert "opies of the rows within the accuracy" in told or "copies of each row too" in told
    assert "within the accuracy of the sensors" in " ".join(typed("show", "failed@2").split())
    assert "What can be claimed:" in told
    assert "came out the same" in " ".join(typed("train", "--repeat", "failed@2").split())
