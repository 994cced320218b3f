"""Remaining life of turbofan engines (C-MAPSS FD001, or any folder laid out like it).

Protocol: train on the run-to-failure engines of ``train_FD001.txt[.gz]``, all of them; answer the last row
of each engine of ``test_FD001.txt``, once; truth from ``RUL_FD001.txt``. The target is capped at 125
cycles, as in most papers. All figures are of the same answers: RMSE against the truth capped at 125, RMSE
against the truth as it is (answers stay at most 125), and the sums of the PHM 2008 score against both.
Everything was chosen by cross-validation over training engines, cut at random cycles as the test engines
are, and never by the test engines: the window of 80 cycles (10 at least: test engines may be as short as
19), the features, the kinds of model. The three settings are named as what tells the operating condition;
the product finds one in FD001 and FD003, where nothing follows from it, and six in the other sets. Sensors
that never move in training are left out. ``--trials`` says how many the product tries; 3 are boosted trees,
a linear and a curved linear model, of which it chooses or averages by cross-validation over engines.

Published on the test engines, capped: ridge 29.8, CNN 18.5, LSTM 16.1, DCNN 12.6; boosting on rolling means
13.3 (14.7 against the uncapped truth).

Run: python benchmarks/rul/cmapss.py [--data FOLDER] [--set FD001] [--trials 3] [--horizon 125] [--seed 0]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from andamio.bundles import Graph
from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.language import say
from andamio.statistics.remaining_life import last_rows, phm_scores
from andamio.training.fitting import fit
from andamio.training.study import Step
from andamio.training.table import read_problem

LENGTH, LEAST = 80, 10
MEANS = (10, 20, 40)
SENSORS = tuple(f"s{number}" for number in range(1, 22))
CONDITIONS = ("setting1", "setting2", "setting3")
COLUMNS = ("unit", "cycle", *CONDITIONS, *SENSORS)


def engines(path: Path) -> pl.DataFrame:
    """Read a file of engines: one row a cycle, values apart by spaces; the age is the cycle as an input."""
    lines = path if path.exists() else path.with_name(path.name + ".gz")
    table = pl.DataFrame(np.loadtxt(lines), schema=list(COLUMNS), orient="row")
    unit = pl.format("u{}", pl.col("unit").cast(pl.Int64))
    return table.with_columns(unit.alias("unit"), pl.col("cycle").alias("age"))


def with_remaining(table: pl.DataFrame, after_last: Sequence[float] | None = None) -> pl.DataFrame:
    """Tell the cycles that remain at each row; ``after_last`` those after the last row of each engine."""
    names = table["unit"].unique(maintain_order=True)
    rest = pl.DataFrame({"unit": names, "rest": [0.0] * len(names) if after_last is None else after_last})
    last = pl.col("cycle").max().over("unit")
    told = table.join(rest, on="unit", maintain_order="left")
    return told.with_columns((last - pl.col("cycle") + pl.col("rest")).alias("remaining")).drop("rest")


def contract_of(
    train: pl.DataFrame, horizon: float, *, conditions: bool = True, late: float = 1.0
) -> Contract:
    """Write the contract: windows of every sensor that moves, its means over several lengths, the age."""
    moving = [name for name in SENSORS if train[name].n_unique() > 2]
    declared = [*moving, "age", *CONDITIONS]
    inputs = "".join(f'[input.{name}]\ntype = "number"\nmissing = "impute"\n\n' for name in declared)
    means = "".join(f'{tag}_{n} = "mean(last({tag}, {n}))"\n' for tag in moving for n in MEANS)
    means += "".join(f'{tag}_{LENGTH} = "mean({tag})"\n' for tag in moving)
    tags = ", ".join(f'"{name}"' for name in moving)
    prices = "" if late == 1.0 else f"\n[costs]\nlate = {late:g}\nearly = 1\n"
    told = f"conditions = {list(CONDITIONS)}\n" if conditions else ""
    return parse_contract(
        f"""[model]
kind = "regression"
data = "engines"
target = "remaining"
time = "cycle"
asset = "unit"
horizon = {horizon:g}

[window]
length = {LENGTH}
least = {LEAST}
{told}tags = [{tags}]

{inputs}[features]
{means}
[output.remaining_life]
{prices}""",
        name="engine",
        file="models/engine.toml",
    )


def main() -> None:
    """Train, answer the test engines once, and print."""
    asked = arguments()
    train = with_remaining(engines(asked.data / f"train_{asked.set}.txt"))
    truth = np.loadtxt(asked.data / f"RUL_{asked.set}.txt")
    test = with_remaining(engines(asked.data / f"test_{asked.set}.txt"), truth.tolist())
    contract = contract_of(train, asked.horizon)
    begun = time.perf_counter()

    def progress(step: Step) -> None:
        print(f"{time.perf_counter() - begun:6.0f} s  {say(step.text)}", flush=True)

    print(f"training engines: {train['unit'].n_unique()}", flush=True)

    problem = read_problem(contract, train)
    fitted = fit(problem, excluded=frozenset(), trials=asked.trials, seed=asked.seed, progress=progress)
    print(
        f"\n{len(problem)} rows of {train['unit'].n_unique()} engines; RMSE by cross-validation over engines:"
    )
    for standing in fitted.leaderboard:
        print(f"  {standing.family:12s} {standing.score:6.2f}{'  chosen' if standing.chosen else ''}")
    asked_rows = read_problem(contract, test)
    rows = last_rows(asked_rows.assets, asked_rows.times)
    told = Graph(fitted.graph, fitted.info).run(asked_rows.rows.take(rows))
    names = list(test["unit"].unique(maintain_order=True))
    report(asked_rows.assets[rows], names, truth, told.value, told.lower, told.upper, asked.horizon)
    print(f"graph {len(fitted.graph) / 1e6:.1f} MB")


def report(
    answered: np.ndarray,
    names: list[str],
    truth: np.ndarray,
    value: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    horizon: float,
) -> None:
    """Print the figures; an engine too short for a window would be missing, and is told."""
    life = np.array([truth[names.index(name)] for name in answered])
    capped, value = np.minimum(life, horizon), value.astype(np.float64)
    inside = (lower <= capped) & (capped <= upper)
    print(f"\n{len(answered)} of {len(names)} test engines answered; cap {horizon:g} cycles")
    print(f"RMSE, truth capped     {np.sqrt(np.mean((value - capped) ** 2)):.2f}   (aim: at most 12.6)")
    print(f"RMSE, truth not capped {np.sqrt(np.mean((value - life) ** 2)):.2f}   (aim: at most 14.0)")
    print(f"PHM score, capped      {phm_scores(capped, value).sum():.0f}")
    print(f"PHM score, not capped  {phm_scores(life, value).sum():.0f}")
    print(f"inside 90 % interval   {inside.mean():.2f}, mean width {np.mean(upper - lower):.0f} cycles")


def shared_data(parser: argparse.ArgumentParser) -> None:
    """Ask for the folder of the data."""
    shared = Path(os.environ.get("ANDAMIO_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared / "cmapss")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Remaining life on C-MAPSS")
    shared_data(parser)
    parser.add_argument("--set", default="FD001")
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--horizon", type=float, default=125.0)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
