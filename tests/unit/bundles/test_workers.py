"""A worker's report counts for as long as its process lives, and not a moment longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from andamio.bundles.workers import WorkerPost, worker_reports
from andamio.errors import Busy

CHILD = """
import sys
from pathlib import Path
from andamio.bundles.workers import WorkerPost
post = WorkerPost(Path(sys.argv[1]), "w1")
post.report(7, {"pump": "refused"})
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_living_worker_is_seen_with_what_it_says(tmp_path: Path):
    post = WorkerPost(tmp_path / "workers", "w0", address="127.0.0.1:8081")
    assert worker_reports(tmp_path / "workers") == []
    post.report(3, {"pump": "bundle-refused"})
    (report,) = worker_reports(tmp_path / "workers")
    assert (report.worker, report.generation, report.pid, report.address) == (
        "w0",
        3,
        os.getpid(),
        "127.0.0.1:8081",
    )
    assert report.errors == {"pump": "bundle-refused"}
    post.report(4)
    assert [(r.generation, dict(r.errors)) for r in worker_reports(tmp_path / "workers")] == [(4, {})]
    post.close()
    assert worker_reports(tmp_path / "workers") == []
    assert list((tmp_path / "workers").iterdir()) == []


def test_two_workers_cannot_have_one_name(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("andamio.bundles.workers._PATIENCE_S", 0.0)
    post = WorkerPost(tmp_path, "w0")
    with pytest.raises(Busy) as caught:
        WorkerPost(tmp_path, "w0")
    assert caught.value.data["pid"] == os.getpid()
    post.close()
    WorkerPost(tmp_path, "w0").close()


def test_the_report_of_a_killed_worker_is_ignored_and_cleared_away(tmp_path: Path):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "ready\n"
        assert [(r.worker, r.generation, r.pid) for r in worker_reports(tmp_path)] == [("w1", 7, child.pid)]
        child.send_signal(signal.SIGKILL)
    assert (tmp_path / "w1.json").exists()
    assert worker_reports(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_has_no_workers(tmp_path: Path):
    assert worker_reports(tmp_path / "nowhere") == []


def test_what_a_killed_reporter_left_half_written_is_no_report(tmp_path: Path):
    post = WorkerPost(tmp_path, "w0")
    (tmp_path / ".w0.json.1.abc.tmp").write_bytes(b"{")
    (tmp_path / "w0.json").write_bytes(b"{")
    assert worker_reports(tmp_path) == []
    post.report(1)
    assert [report.generation for report in worker_reports(tmp_path)] == [1]
    post.close()
