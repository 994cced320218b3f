"""What a peer is handed and hands back: arrays in files. Runs in every peer's environment: numpy only."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Job:
    """One stream: the reference, and runs that start afresh.

    Attributes:
        reference: Rows of the plant as it was, shape ``(rows, tags)``.
        runs: Rows to judge, a list of ``(rows, tags)``, NaN for missing.
        window: Rows in one batch window.
        categories: The columns that are codes of a category.
    """

    reference: np.ndarray
    runs: list[np.ndarray]
    window: int
    categories: list[int]

    def windows(self) -> list[np.ndarray]:
        """Cut every run into whole windows, one list after another."""
        size = self.window
        return [run[at : at + size] for run in self.runs for at in range(0, len(run) - size + 1, size)]

    def numbers(self) -> list[int]:
        """Return the columns that are numbers."""
        return [at for at in range(self.reference.shape[1]) if at not in self.categories]


@dataclass(frozen=True)
class Answer:
    """A score and the shipped verdict a window or a row, over all runs one after another.

    Attributes:
        score: Larger means more drift; NaN where the peer said nothing.
        alarm: What the peer says with its defaults.
        rows: Rows that one entry stands for: 1, or the window.
    """

    score: np.ndarray
    alarm: np.ndarray
    rows: int


def filled(rows: np.ndarray) -> np.ndarray:
    """Return the rows with the last value where one is missing, for peers that take no NaN."""
    if not np.isnan(rows).any():
        return rows
    at = np.where(np.isnan(rows), 0, np.arange(len(rows))[:, None])
    held = np.take_along_axis(rows, np.maximum.accumulate(at, axis=0), axis=0)
    means = np.nanmean(rows, axis=0)
    return np.where(np.isnan(held), np.where(np.isnan(means), 0.0, means), held)


def main(judge: Callable[[Job], dict[str, Answer]], *packages: str) -> None:
    """Judge every stream named on the command line."""
    for name in sys.argv[1:]:
        with np.load(name) as found:
            ends = found["ends"]
            runs = np.split(found["rows"].astype(np.float64), ends[:-1])
            reference = found["reference"].astype(np.float64)
            job = Job(reference, runs, int(found["window"]), found["categories"].tolist())
        began, cpu = time.perf_counter(), time.process_time()
        answers = judge(job)
        facts = {
            "wall_s": time.perf_counter() - began,
            "cpu_s": time.process_time() - cpu,
            "versions": {package: version(package) for package in packages},
            "rows": {detector: answer.rows for detector, answer in answers.items()},
        }
        arrays = {f"{detector}|score": answer.score for detector, answer in answers.items()}
        arrays |= {f"{detector}|alarm": answer.alarm for detector, answer in answers.items()}
        np.savez(Path(name).with_suffix(".answer.npz"), facts=json.dumps(facts), **arrays)
