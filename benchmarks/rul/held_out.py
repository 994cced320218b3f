"""Remaining life of engines that were held out, in one operating condition or in six that were made up.

Protocol: of the run-to-failure engines of ``train_FD001.txt[.gz]`` 60 are drawn at random to train on, and
the other 40 are cut at four random cycles each, where 7 to 145 cycles are left (as in the test engines) and
15 or more were run, and once between the 15th and the 30th cycle. Each cut is one answer, from its last
row. Truth is capped at 125 cycles for one figure and as it is for the other; answers stay at most 125.
Figures are means over the draws with their standard deviation; draws share engines, so it is no standard
error.

``--conditions`` makes six operating conditions of FD001's one: every row gets one at random, its three
settings are those of FD002 with their jitter, and every sensor is moved and stretched in each condition:
the mean to between a quarter and the whole of what it was, deviations by 0.5 to 1.5. The same engines and
cuts as without. ``--unnamed`` does not tell the product which tags are the settings' conditions.
``--faults`` makes two fault modes: in half of the engines a third of the sensors goes the other way from
where it began. ``--late 9`` prices a cycle too late nine times one too early.

Run: python benchmarks/rul/held_out.py [--data FOLDER] [--set FD001] [--draws 3] [--trials 3] [--conditions]
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
import polars as pl
from cmapss import CONDITIONS, SENSORS, contract_of, engines, shared_data, with_remaining

from andamio.bundles import Graph
from andamio.statistics.remaining_life import last_rows, lateness_costs, phm_scores
from andamio.training.fitting import fit
from andamio.training.table import read_problem

HORIZON, TRAINED, CUTS, FEWEST = 125.0, 60, 4, 15
LEFT, SHORT = (7, 145), (15, 30)
# Height in thousands of feet, Mach number, throttle.
FLIGHTS = np.array(
    [[0, 0, 100], [10, 0.25, 100], [20, 0.7, 100], [25, 0.62, 60], [35, 0.84, 100], [42, 0.84, 100]]
)
JITTER = np.array([0.003, 0.0005, 0.0])
Figures = Mapping[str, float]


def in_conditions(table: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Put every row into one of six conditions."""
    rng = np.random.default_rng([seed, 6])
    read, many = table.select(SENSORS).to_numpy(), len(FLIGHTS)
    place = rng.integers(0, many, len(read))
    mean = read.mean(axis=0)
    level = mean * np.vstack([np.ones(read.shape[1]), rng.uniform(0.25, 1.0, (many - 1, read.shape[1]))])
    gain = np.vstack([np.ones(read.shape[1]), rng.uniform(0.5, 1.5, (many - 1, read.shape[1]))])
    moved = level[place] + gain[place] * (read - mean)
    settings = FLIGHTS[place] + rng.normal(0, 1, (len(read), 3)) * JITTER
    columns = [pl.Series(name, moved[:, column]) for column, name in enumerate(SENSORS)]
    columns += [pl.Series(name, settings[:, column]) for column, name in enumerate(CONDITIONS)]
    return table.with_columns(columns)


def in_two_faults(table: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Let a third of the sensors go the other way in half of the engines."""
    rng = np.random.default_rng([seed, 2])
    units = table["unit"].unique(maintain_order=True).to_list()
    other = pl.col("unit").is_in([unit for unit in units if rng.random() < 0.5])
    turned = [name for name in SENSORS if rng.random() < 1 / 3]
    began = {name: pl.col(name).head(20).mean().over("unit") for name in turned}
    return table.with_columns(
        [
            pl.when(other).then(2 * began[name] - pl.col(name)).otherwise(pl.col(name)).alias(name)
            for name in turned
        ]
    )


def cut(table: pl.DataFrame, units: list[str], rng: np.random.Generator) -> tuple[pl.DataFrame, list[int]]:
    """Cut each engine at random cycles; return the parts as engines, and the lives that are left of each."""
    parts, left = [], []
    for unit in units:
        mine = table.filter(pl.col("unit") == unit).sort("cycle")
        most = min(LEFT[1], mine.height - FEWEST)
        lives = [*rng.integers(LEFT[0], most + 1, CUTS), mine.height - rng.integers(SHORT[0], SHORT[1] + 1)]
        for number, life in enumerate(lives):
            name = pl.lit(f"{unit}-{number}").alias("unit")
            parts.append(mine.head(mine.height - int(life)).with_columns(name))
            left.append(int(life))
    return pl.concat(parts), left


def draw(table: pl.DataFrame, seed: int, asked: argparse.Namespace) -> Figures:
    """Train on some engines and measure on the others."""
    rng = np.random.default_rng(seed)
    units = table["unit"].unique(maintain_order=True).to_list()
    rng.shuffle(units)
    if asked.conditions:
        table = in_conditions(table, seed)
    if asked.faults:
        table = in_two_faults(table, seed)
    train = table.filter(pl.col("unit").is_in(units[:TRAINED]))
    contract = contract_of(train, HORIZON, conditions=not asked.unnamed, late=asked.late)
    problem = read_problem(contract, train)
    fitted = fit(problem, excluded=frozenset(), trials=asked.trials, seed=0)
    parts, left = cut(table, units[TRAINED:], rng)
    unseen = read_problem(contract, parts)
    rows = last_rows(unseen.assets, unseen.times)
    told = Graph(fitted.graph, fitted.info).run(unseen.rows.take(rows))
    names = parts["unit"].unique(maintain_order=True).to_list()
    order = [names.index(name) for name in unseen.assets[rows]]
    life, short = np.array(left, np.float64)[order], np.array(order) % (CUTS + 1) == CUTS
    value, capped = told.value.astype(np.float64), np.minimum(life, HORIZON)
    inside = (told.lower <= capped) & (capped <= told.upper)

    def rmse(truth: np.ndarray, which: np.ndarray) -> float:
        return float(np.sqrt(np.mean((value[which] - truth[which]) ** 2)))

    best = fitted.leaderboard[0]
    print(
        f"  draw {seed}: {len(problem)} rows, {best.family} {best.score:.2f} by cross-validation", flush=True
    )
    return {
        "answered": len(rows) / len(names),
        "RMSE, capped": rmse(capped, ~short),
        "RMSE, not capped": rmse(life, ~short),
        "PHM score of an engine, capped": float(phm_scores(capped, value)[~short].mean()),
        "RMSE of short histories, capped": rmse(capped, short),
        "inside the 90 % interval": float(inside[~short].mean()),
        "inside it, short histories": float(inside[short].mean()),
        "width of it, cycles": float(np.mean((told.upper - told.lower)[~short])),
        "answers that are late": float(np.mean(value[~short] > capped[~short])),
        "cost of an answer": float(np.mean(lateness_costs(capped, value, asked.late, 1.0)[~short])),
    }


def main() -> None:
    """Draw, train, answer, and print."""
    asked = arguments()
    table = with_remaining(engines(asked.data / f"train_{asked.set}.txt"))
    drawn = [draw(table, seed, asked) for seed in range(asked.draws)]
    for name in drawn[0]:
        values = [figures[name] for figures in drawn]
        spread = np.std(values, ddof=min(1, len(values) - 1))
        each = ", ".join(f"{value:.2f}" for value in values)
        print(f"{name:34s} {np.mean(values):6.2f} ± {spread:.2f}   ({each})")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Remaining life of held-out engines")
    shared_data(parser)
    parser.add_argument("--set", default="FD001")
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--conditions", action="store_true")
    parser.add_argument("--late", type=float, default=1.0)
    parser.add_argument("--unnamed", action="store_true")
    parser.add_argument("--faults", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
