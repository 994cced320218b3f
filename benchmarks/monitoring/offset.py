"""An offset of half a standard deviation in one of 30 tags, one row a minute, budget one false alarm a month.

    python benchmarks/monitoring/offset.py [--references 4] [--runs 15] [--months 9] [--dry]

The tags are independent of each other, which is the hard case: no other tag betrays the offset. Beside every
median delay stand the false alarms of the same references on fresh months; it means nothing without them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field

import numpy as np
import ours
import page
from judging import Rate, duration, rate
from streams import Process, Stretch

DAY = 1_440
OFFSET = 0.5
HORIZON = 7  # days after which an offset counts as not found
PLANTS = {
    "independent rows": Process("independent", 21, shared=0.0),
    "AR(0.9)": Process("AR(0.9)", 22, phi=0.9, shared=0.0),
    "independent rows, half of the variance shared": Process("independent", 23, shared=0.5),
    "AR(0.9), half of the variance shared": Process("AR(0.9)", 24, phi=0.9, shared=0.5),
}
LIMITS = {"independent rows": "3 h", "AR(0.9)": "24 h"}


@dataclass
class Tally:
    """What one kind of plant gave."""

    delays: list[float] = field(default_factory=list)
    spoilt: int = 0  # an alarm stood already at the onset
    missed: int = 0
    clean: Rate = field(default_factory=Rate)


def one(process: Process, number: int, runs: int, months: int, tally: Tally) -> None:
    """Learn one reference, watch offsets and normal months with it."""
    learnt = process.stretch(0.0, 14 * DAY, 10 + number)
    reference = ours.learn(learnt, process.step_s)
    spread = learnt.table.std(axis=0)
    for run in range(runs):
        luck = np.random.default_rng([process.seed, number, run])
        rows = process.stretch(14.0, (1 + HORIZON) * DAY, 1_000 * (number + 1) + run)
        tag, sign = int(luck.integers(process.tags)), float(luck.choice([-1.0, 1.0]))
        table = rows.table.copy()
        table[DAY:, tag] += sign * OFFSET * spread[tag]
        alarm = ours.watch(reference, Stretch(table, rows.times, rows.context)).alarm
        hit = np.flatnonzero(alarm[DAY:])
        if alarm[DAY - 1]:
            tally.spoilt += 1
        elif hit.size:
            tally.delays.append((int(hit[0]) + 1) * process.step_s)
        else:
            tally.missed += 1
            tally.delays.append(float("inf"))
    for month in range(months):
        verdict = ours.watch(
            reference, process.stretch(14.0 + 30 * month, 30 * DAY, 50_000 + 100 * number + month)
        )
        tally.clean += rate([verdict], [verdict.alarm], process.step_s)


def main() -> None:
    """Run, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--references", type=int, default=4)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--months", type=int, default=9)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    rows = []
    for name, process in PLANTS.items():
        tally = Tally()
        for number in range(options.references):
            one(process, number, options.runs, options.months, tally)
        quarter, middle, third = np.quantile(tally.delays, [0.25, 0.5, 0.75], method="higher").tolist()
        low, high = tally.clean.interval
        rows.append(
            [
                name,
                duration(middle) if np.isfinite(middle) else f"> {HORIZON} d",
                " – ".join(duration(q) if np.isfinite(q) else f"> {HORIZON} d" for q in (quarter, third)),
                LIMITS.get(name, ""),
                f"{tally.missed} of {len(tally.delays)}",
                str(tally.spoilt),
                f"{tally.clean.alarms} in {tally.clean.months:.0f}",
                f"{tally.clean.per_month:.2f} [{low:.2f}, {high:.2f}]",
            ]
        )
    head = [
        "30 tags, 0.5 standard deviations in one",
        "median delay",
        "quartiles",
        "wanted at most",
        f"not found in {HORIZON} d",
        "left out: alarm stood before",
        "false alarms in fresh months",
        "a month [exact 95 %]",
    ]
    each = f"{options.references} references of 14 days, each with {options.runs} offsets"
    each += f" and {options.months} fresh months"
    said = f"`python benchmarks/monitoring/offset.py`: {each}, on {page.machine()}.\n"
    text = "\n".join(["### A small offset\n", said, page.table(head, rows)])
    print(text)
    if not options.dry:
        page.publish("offset", text)


if __name__ == "__main__":
    main()
