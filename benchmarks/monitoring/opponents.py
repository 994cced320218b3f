"""Who is judged: peers, each in an environment and a process of its own, and our own detectors in this one.

A peer gets the reference and runs of rows, and says a score and a verdict for every window (batch) or every
row (streaming). It knows neither times nor context: none of the peers takes them. Environments are made on
demand from ``peers/NAME.txt`` under ``benchmarks/results/monitoring``.
"""

from __future__ import annotations

import hashlib
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

    def __init__(self, name: str, *, kept: bool = False) -> None:
        """Name the peer as its files are named, and say whether kept answers will do."""
        self.name = name
        self._kept = kept
        self.failed: list[str] = []
        self._said: list[dict[str, object]] = []

    def judge(self, streams: list[Stream], folder: Path) -> list[Verdicts]:
        """Write the streams down, start the peer, read what it says."""
        answers, jobs = [], []
        for at, stream in enumerate(streams):
            job = folder / f"{at}.npz"
            write(job, stream)
            answers.append(self._answer(job))
            jobs += [] if self._kept and answers[-1].exists() else [job]
        if jobs:
            script = str(HERE / "peers" / f"run_{self.name}.py")
            command = [str(python_of(self.name)), script, *map(str, jobs)]
            done = subprocess.run(
                command, check=False, env={**os.environ, **QUIET}, capture_output=True, text=True
            )
            self.failed = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        for at, answer in enumerate(answers):
            fresh = folder / f"{at}.answer.npz"
            if fresh.exists():
                answer.parent.mkdir(parents=True, exist_ok=True)
                answer.write_bytes(fresh.read_bytes())
        told = zip(answers, streams, strict=True)
        return [self._read(answer, stream) if answer.exists() else {} for answer, stream in told]

    def _answer(self, job: Path) -> Path:
        """Return where the answer to a job is kept: by all that it depends on."""
        parts = [HERE / "peers" / name for name in (f"run_{self.name}.py", f"{self.name}.txt", "exchange.py")]
        digest = hashlib.sha256()
        for part in (*parts, job):
            digest.update(part.read_bytes())
        return ENVIRONMENTS / "answers" / f"{self.name}-{digest.hexdigest()[:24]}.npz"

    def _read(self, answer: Path, stream: Stream) -> Verdicts:
        with np.load(answer) as found:
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
        if self.failed:
            return {"failed": f"{self.name} stopped: {self.failed[0]}"}
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


PEERS = ("river", "alibi", "evidently", "nannyml", "textbook")  # the slowest first
