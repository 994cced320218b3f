"""What was acknowledged is recorded, whatever happens to the process or the disk."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from andamio.journal import RejectRecord, read_journal
from andamio.kernel.clock import now
from andamio.monitoring import observe
from andamio.monitoring.unrecorded import unrecorded_findings

pytestmark = pytest.mark.live
KILLS = int(os.environ.get("ANDAMIO_TEST_KILLS", "20"))
"""How often the scoring process is killed; a long run sets more, the load is the same."""


@pytest.mark.slow
def test_kills_under_load_lose_and_double_no_acknowledged_prediction(
    plant: Any, serve: Any, hammer: Callable[[int, int], Any]
) -> None:
    plant.deploy(plant.build(1))
    acknowledged: list[str] = []
    for turn in range(KILLS):
        with serve(plant) as running:
            load = hammer(running.port, 4)
            load.wait_for(20 + 13 * (turn % 20))
            running.process.kill()
            load.join()
            assert load.broken
            acknowledged += [p["id"] for a in load.answers if a.status == 200 for p in a.json["predictions"]]
    journalled = Counter(plant.journalled())
    assert len(acknowledged) >= 20 * KILLS
    assert [name for name in acknowledged if journalled[name] != 1] == []
    assert max(journalled.values()) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write a file until the disk is full to the last page."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(descriptor, b"0" * 4096):
            pass
    os.close(descriptor)


def test_on_a_full_disk_nothing_is_answered_that_is_not_recorded_and_space_heals_it(
    plant_on: Callable[[Path], Any], small_disk: Path, serve: Any
) -> None:
    plant = plant_on(small_disk)
    generation = plant.deploy(plant.build(1))
    with serve(plant) as running:
        filler = small_disk / "filler"
        fill(filler)
        answers = [running.predict(plant.row) for _ in range(400)]
        refused = [answer for answer in answers if answer.status != 200]
        assert refused
        for answer in refused:
            assert (answer.status, answer.json["error"]["code"]) == (503, "journal-full")
        assert running.ask("/livez").status == 200
        assert running.ask("/readyz").json["generation"] == generation
        filler.unlink()
        healed = running.predict(plant.row)
        assert healed.status == 200
        running.stop()
    acknowledged = [a.json["predictions"][0]["id"] for a in [*answers, healed] if a.status == 200]
    journalled = Counter(plant.journalled())
    assert [name for name in acknowledged if journalled[name] != 1] == []


def test_on_a_full_disk_a_contract_may_prefer_answers_and_every_one_says_that_it_is_not_recorded(
    plant_on: Callable[[Path], Any], small_disk: Path, serve: Any
) -> None:
    plant = plant_on(small_disk)
    plant.deploy(plant.build(1, contract_text=plant.prefers_answers))
    with serve(plant) as running:
        filler = small_disk / "filler"
        fill(filler)
        answers = [running.predict(plant.row, plant.row) for _ in range(300)]
        assert {answer.status for answer in answers} == {200}
        refused = running.predict({"bearing_temp": "hot"})
        assert refused.status == 422
        truth = {"id": answers[-1].json["predictions"][0]["id"], "value": "fine"}
        # What is left of the last block of the disk may still hold a few truths, which are short.
        told = [running.ask("/v1/models/pump-health/feedback", truth).status for _ in range(100)]
        assert told == sorted(told)
        assert (set(told) <= {200, 503}, told[-1]) == (True, 503)
        seen = observe(plant.journal, plant.contract)
        assert "disk-full" in [found.kind for found in unrecorded_findings(seen, now())]
        filler.unlink()
        healed = running.predict(plant.row)
        assert healed.json["predictions"][0]["recorded"] is True
        counted = running.ask("/metrics").content.decode()
        running.stop()
    told = [p for a in [*answers, healed] for p in a.json["predictions"]]
    lost = [p["id"] for p in told if p["recorded"] is False]
    assert len(lost) > 100
    # What is left of the last page may still hold a refusal, which is shorter than an answer.
    kept = sum(isinstance(record, RejectRecord) for record in read_journal(plant.journal))
    missed = len(lost) + 1 - kept
    assert f'andamio_unrecorded_rows_total{{model="pump-health"}} {float(missed)}' in counted
    journalled = Counter(plant.journalled())
    assert {p["id"]: journalled[p["id"]] for p in told} == {p["id"]: int(p["recorded"]) for p in told}
    seen = observe(plant.journal, plant.contract)
    assert seen.gap is not None
    assert seen.gap.rows == missed
    assert [found.kind for found in unrecorded_findings(seen, now())] == ["unrecorded"]
