"""A compressor that nobody labelled: two hidden loads move five tags, and a mode shifts two of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.training.table import Problem, read_problem

TAGS = ("suction", "discharge", "current", "vibration", "flow")
HEAD = '[model]\nkind = "anomaly"\ndata = "compressor"\ntime = "time"\n'
INPUTS = "".join(f'[input.{tag}]\ntype = "number"\nmissing = "impute"\n' for tag in TAGS)
MODE = '[input.mode]\ntype = "category"\nvalues = ["idle", "load"]\n'


def readings(rows: int, seed: int) -> NDArray[np.float64]:
    """Draw usual readings, shape ``(rows, tags)``."""
    rng = np.random.default_rng(seed)
    loads = np.random.default_rng(99).normal(size=(2, len(TAGS)))
    hidden = rng.normal(size=(rows, 2))
    return 20 + 3 * (hidden @ loads + 0.3 * rng.normal(size=(rows, len(TAGS))))


def table(values: NDArray[np.float64], **more: object) -> pl.DataFrame:
    """Make a dataset of readings, one a minute."""
    start = np.datetime64("2026-03-01T00:00:00", "ms")
    times = pl.Series("time", start + np.arange(len(values)) * np.timedelta64(60_000, "ms"))
    columns = {tag: values[:, place] for place, tag in enumerate(TAGS)}
    return pl.DataFrame({"time": times, **columns, **more})


def contract(extra: str = "", head: str = HEAD) -> Contract:
    """Read the compressor's contract."""
    return parse_contract(head + INPUTS + extra, name="compressor", file="models/compressor.toml")


@pytest.fixture
def usual() -> Problem:
    """Six hundred usual rows."""
    return read_problem(contract(), table(readings(600, 1)))


@pytest.fixture
def in_modes() -> Callable[[], Problem]:
    """Rows of a machine that idles one hour in two; idle readings lie far from those under load."""

    def made() -> Problem:
        values, idle = readings(600, 2), np.arange(600) // 60 % 2 == 0
        values[idle, :2] -= 40
        mode = np.where(idle, "idle", "load").tolist()
        return read_problem(contract(MODE + '[anomaly]\nregime = "mode"\n'), table(values, mode=mode))

    return made
