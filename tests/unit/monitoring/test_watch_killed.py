"""Killed before every step that changes the disk, and in the middle of every write, the watch goes on."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from andamio.monitoring import following, stream
from andamio.monitoring.asset_line import Patience
from andamio.monitoring.following import Follower
from andamio.monitoring.watch import Watch
from andamio.monitoring.watch_file import WatchFile
from andamio.storage import files

from .watched import Writer, detectors

KILLED = 9


def _follow(folder: Path) -> Follower:
    watch = Watch(detectors, patience=Patience(late_s=120), step=5)
    one = Follower(Writer(folder / "journal").stream(), watch, WatchFile(folder / "monitor" / "1.npz", "x"))
    one.begin()
    one.catch_up(-np.inf)
    return one


def _dies_at(folder: Path, step: int, *, torn: bool) -> bool:
    """Follow in a process that ends at its so-manieth step; tell whether it got so far."""
    child = os.fork()
    if child == 0:
        left = step

        def before(kind: str, path: Path) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                if torn and kind == "write":
                    path.write_bytes(b"PK\x03\x04 half of a file")
                os._exit(KILLED)

        files._before = before
        try:
            _follow(folder)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_any_step_the_watch_loses_nothing_and_counts_nothing_twice(tmp_path, monkeypatch, torn):
    monkeypatch.setattr(stream, "AT_ONCE", 8)
    monkeypatch.setattr(following, "SAVED_EVERY", 16)
    random = np.random.default_rng(5)

    def write(folder: Path, start: int) -> None:
        for at in range(start, start + 60, 4):
            rows = (at + random.normal(0, 1, 4)).tolist()
            Writer(folder / "journal").answer(
                rows, (60 + random.normal(0, 2, 4)).tolist(), assets=["a", "b", "a", "b"]
            )

    died = 0
    for step in range(1, 60):
        random = np.random.default_rng(5)
        folder, calm = tmp_path / f"{step}", tmp_path / f"{step}-calm"
        for one in (folder, calm):
            random = np.random.default_rng(5)
            write(one, 0)
        if not _dies_at(folder, step, torn=torn):
            break
        died += 1
        for one in (folder, calm):
            random = np.random.default_rng(6)
            write(one, 60)
        after, whole = _follow(folder), _follow(calm)
        for asset in "ab":
            kept, wanted = after.watch.assets[asset], whole.watch.assets[asset]
            assert kept.line.counts == wanted.line.counts, (step, asset)
            for name, array in kept.detectors[1].state().items():
                assert np.array_equal(array, wanted.detectors[1].state()[name], equal_nan=True), (step, name)
        assert after.watch.totals.rows == whole.watch.totals.rows
        assert not list((folder / "monitor").glob(".*tmp")), "what the killed one left is removed"
    assert died > 8, "it was killed at many steps"
