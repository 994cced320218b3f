"""Rows, plans, and a slow and plain way to form windows that the fast one is held to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andamio.features.windows import Samples, WindowPlan, Windows

LONG_AGO = -(2**61)


@dataclass(frozen=True)
class Row:
    """One row of one asset."""

    asset: str
    tick: int
    numbers: tuple[float, float]
    word: str = "A"
    cycle: str = ""


def plan(
    *,
    length: int = 3,
    every: int | None = None,
    step: int = 1,
    gap: int | None = None,
    lateness: int = 0,
    cycles: bool = False,
    tags: tuple[int, ...] = (0, 1),
    least: int = 0,
) -> WindowPlan:
    return WindowPlan(
        numbers=("temp", "flow"),
        categories=("product",),
        tags=np.array(tags, np.intp),
        length=length,
        every=every,
        step=step,
        gap=gap,
        lateness=lateness,
        cycles=cycles,
        clock="counts",
        least=least,
    )


def samples(rows: Sequence[Row], start: int = 0) -> Samples:
    words = np.empty((len(rows), 1), object)
    words[:, 0] = [row.word for row in rows]
    times, cycles = np.empty(len(rows), object), np.empty(len(rows), object)
    times[:] = [str(row.tick) for row in rows]
    cycles[:] = [row.cycle for row in rows]
    return Samples(
        np.array([row.tick for row in rows], np.int64),
        np.array([row.numbers for row in rows], np.float32).reshape(len(rows), 2),
        words,
        times,
        np.arange(start, start + len(rows)),
        cycles,
    )


Written = tuple[str, int, int, bytes, str, bytes, str]


def written(windows: Windows, assets: Sequence[str]) -> list[Written]:
    """Write windows as values that are equal only where every byte is."""
    return [
        (
            assets[windows.codes[i]],
            int(windows.ticks[i]),
            int(windows.begins[i]),
            windows.numbers[i].tobytes(),
            str(windows.categories[i, 0]),
            windows.signals[i].tobytes(),
            str(windows.times[i]),
        )
        for i in range(len(windows))
    ]


Plain = tuple[str, int, list[float], list[list[float]]]


def plainly(plan: WindowPlan, rows: Sequence[Row]) -> list[Plain]:
    """Form windows one by one: asset, end, latest numbers, and each tag's samples."""
    found: list[Plain] = []
    for asset in sorted({row.asset for row in rows}):
        kept = sorted({row.tick: row for row in rows if row.asset == asset}.values(), key=lambda r: r.tick)
        if plan.cycles:
            found += _cycles(plan, asset, kept)
        elif plan.every is None:
            found += _rows(plan, asset, kept)
        else:
            found += _grid(plan, plan.every, plan.gap or 0, asset, kept)
    return found


def _rows(plan: WindowPlan, asset: str, rows: Sequence[Row]) -> list[Plain]:
    found: list[Plain] = []
    run: list[Row] = []
    for row in rows:
        if run and plan.gap is not None and row.tick - run[-1].tick > plan.gap:
            run = []
        run.append(row)
        past = len(run) - plan.shortest
        if past >= 0 and past % plan.step == 0:
            last = run[-plan.length :]
            missing = [math.nan] * (plan.length - len(last))
            signals = [missing + [r.numbers[tag] for r in last] for tag in plan.tags.tolist()]
            found.append((asset, row.tick, list(row.numbers), signals))
    return found


def _grid(plan: WindowPlan, every: int, gap: int, asset: str, rows: Sequence[Row]) -> list[Plain]:
    found: list[Plain] = []
    run: list[list[float]] = []
    for slot in range(math.ceil(rows[0].tick / every), rows[-1].tick // every + 1):
        moment = slot * every
        before = [row for row in rows if row.tick <= moment]
        if moment - before[-1].tick > gap:
            run = []
            continue
        run.append([_held(before, tag, moment, gap) for tag in (0, 1)])
        if len(run) >= plan.shortest and slot % plan.step == 0:
            last = run[-plan.length :]
            missing = [math.nan] * (plan.length - len(last))
            signals = [missing + [values[tag] for values in last] for tag in plan.tags.tolist()]
            found.append((asset, moment, run[-1], signals))
    return found


def _held(before: Sequence[Row], tag: int, moment: int, gap: int) -> float:
    for row in reversed(before):
        if not math.isnan(row.numbers[tag]):
            return row.numbers[tag] if moment - row.tick <= gap else math.nan
    return math.nan


def _cycles(plan: WindowPlan, asset: str, rows: Sequence[Row]) -> list[Plain]:
    found: list[Plain] = []
    runs: list[list[Row]] = []
    for row in rows:
        if not runs or runs[-1][-1].cycle != row.cycle:
            runs.append([])
        runs[-1].append(row)
    for run in runs:
        holes = [b.tick - a.tick for a, b in itertools.pairwise(run)]
        if run[0].cycle and (plan.gap is None or max(holes, default=0) <= plan.gap):
            signals = [_drawn(run, tag, plan.length) for tag in plan.tags.tolist()]
            latest = [_held(run, tag, run[-1].tick, run[-1].tick - run[0].tick) for tag in (0, 1)]
            found.append((asset, run[-1].tick, latest, signals))
    return found


def _drawn(run: Sequence[Row], tag: int, length: int) -> list[float]:
    known = [(row.tick, row.numbers[tag]) for row in run if not math.isnan(row.numbers[tag])]
    if not known:
        return [math.nan] * length
    at = [run[0].tick + i * (run[-1].tick - run[0].tick) / max(length - 1, 1) for i in range(length)]
    return [float(v) for v in np.interp(at, [t for t, _ in known], [v for _, v in known])]
