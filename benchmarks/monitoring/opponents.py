"""Who is judged: peers, each in an environment and a process of its own, and our own detectors in this one.

A peer gets the reference and runs of rows, and says a score and a verdict for every window (batch) or every
row (streaming). It knows neither times nor context: none of the peers takes them. Environments are made on
demand from ``peers/NAME.txt`` under ``benchmarks/results/monitoring``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from streams import Floats, Stream, Stretch

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / "results" / "monitoring"
QUIET = {
    "DO_NOT_TRACK": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one detector says of one run.

    Attributes:
        score: Larger means more drift, one a window or a row.
        alarm: The verdict as shipped.
        rows: Rows that one entry stands for; an alarm is given at the end of them.
    """

    score: Floats
    alarm: NDArray[np.bool_]
    rows: int


Verdicts = dict[str, list[Verdict]]  # by detector, one a run


class Opponent(Protocol):
    """Anything that can watch a stream."""

    name: str

    def judge(self, streams: list[Stream], folder: Path) -> list[Verdicts]:
        """Return the verdicts on all runs of every stream, in the order of ``runs``."""

    def facts(self) -> dict[str, object]:
        """Return versions and the seconds it took."""


def runs(stream: Stream) -> list[Stretch]:
    """Return all that is judged, in order: calibration, fresh, injected, benign."""
    cases = [case.stretch for case in [*stream.cases, *stream.benign]]
    return [*stream.calibration, *stream.fresh, *cases]


def python_of(peer: str) -> Path:
    """Return the Python of a peer's own environment; make it the first time."""
    python = ENVIRONMENTS / peer / "bin" / "python"
    ready = ENVIRONMENTS / peer / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENTS / peer)], check=True)
        wanted = str(HERE / "peers" / f"{peer}.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", wanted], check=True)
        ready.touch()
    return python


class Peer:
    """One script under ``peers/``, asked about all streams in one process."""

    def __init__(self, name: str) -> None:
        """Name the peer as its files are named."""
        self.name = name
        self._said: list[dict[str, object]] = []

    def judge(self, streams: list[Stream], folder: Path) -> list[Verdicts]:
        """Write the streams down, start the peer, read what it says."""
        jobs = [folder / f"{at}.npz" for at in range(len(streams))]
        for job, stream in zip(jobs, streams, strict=True):
            if not job.exists():
                write(job, stream)
        own = [folder / f"{self.name}-{at}.npz" for at in range(len(streams))]
        for job, link in zip(jobs, own, strict=True):
            link.symlink_to(job)
        command = [str(python_of(self.name)), str(HERE / "peers" / f"run_{self.name}.py"), *map(str, own)]
        subprocess.run(command, check=True, env={**os.environ, **QUIET}, stdout=subprocess.DEVNULL)
        return [self._read(job, stream) for job, stream in zip(own, streams, strict=True)]

    def _read(self, job: Path, stream: Stream) -> Verdicts:
        with np.load(job.with_suffix(".answer.npz")) as found:
            facts = json.loads(str(found["facts"]))
            self._said.append(facts)
            told: Verdicts = {}
            for detector, rows in facts["rows"].items():
                lengths = [len(run.table) // rows for run in runs(stream)]
                ends = np.cumsum(lengths)[:-1]
                scores = np.split(found[f"{detector}|score"].astype(float), ends)
                alarms = np.split(found[f"{detector}|alarm"].astype(bool), ends)
                told[detector] = [Verdict(s, a, rows) for s, a in zip(scores, alarms, strict=True)]
        return told

    def facts(self) -> dict[str, object]:
        """Return what the peer said of itself."""
        seconds = sum(float(str(said["wall_s"])) for said in self._said)
        cpu = sum(float(str(said["cpu_s"])) for said in self._said)
        return {"wall_s": seconds, "cpu_s": cpu, "versions": self._said[0]["versions"] if self._said else {}}


def write(path: Path, stream: Stream) -> None:
    """Write what a peer is handed."""
    tables = [run.table for run in runs(stream)]
    np.savez(
        path,
        reference=stream.reference.table,
        rows=np.concatenate(tables).astype(np.float32),
        ends=np.cumsum([len(table) for table in tables]),
        window=stream.window,
        categories=np.array(stream.categories, int),
    )


PEERS = ("textbook", "evidently", "nannyml", "alibi", "river")
