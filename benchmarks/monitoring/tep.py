"""Tennessee Eastman: limits from ``d00`` alone, 500 rows of 52 variables, one every three minutes.

    python benchmarks/monitoring/tep.py [--dry]

Fresh normal rows are ``d00_te`` and the 160 rows before the fault of ``d01_te``, ``d04_te`` and
``d05_te``: 72 hours, watched from a fresh start each. The faults start at row 161. Nothing is set
but the budget, one false alarm a month.
"""

from __future__ import annotations

import argparse
import statistics

import ours
import page
from judging import delay_s, duration, rises
from plants import tennessee

STEP_S = 180.0
ONSET = 160
TWICE = (
    "The first 160 rows of `d04_te` and `d05_te` are the same rows: the 72 hours hold 64 different ones.\n"
)
FAULTS = {1: "feed ratio, step", 4: "reactor cooling water, step", 5: "condenser cooling water, step"}


def main() -> None:
    """Learn, watch, print, publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    reference = ours.learn(tennessee("d00"), STEP_S)
    normal = {"d00_te": tennessee("d00_te")}
    faulty = {number: tennessee(f"d{number:02}_te") for number in FAULTS}
    normal |= {f"d{number:02}_te before the fault": rows.cut(0, ONSET) for number, rows in faulty.items()}
    rows, alarms, hours = [], 0, 0.0
    for name, stretch in normal.items():
        verdict = ours.watch(reference, stretch)
        found, lasted = rises(verdict.alarm), len(stretch.table) * STEP_S / 3_600.0
        alarms, hours = alarms + found, hours + lasted
        share = float(verdict.alarm.mean())
        rows.append([name, f"{lasted:.0f} h", str(found), f"{share:.1%} of the rows"])
    rows.append(["all normal rows", f"{hours:.0f} h", str(alarms), ""])
    text = ["### Tennessee Eastman\n", f"`python benchmarks/monitoring/tep.py` on {page.machine()}.\n"]
    text.append(page.table(["normal operation", "watched", "false alarms", "alarm stands"], rows))
    text.append(TWICE)
    delays, rows = [], []
    for number, stretch in faulty.items():
        verdict = ours.watch(reference, stretch)
        before = rises(verdict.alarm[:ONSET])
        delay = delay_s(verdict, verdict.alarm, ONSET, STEP_S)
        delays.append(float("inf") if delay is None else delay)
        after = verdict.alarm[ONSET:].mean()
        rows.append([f"{number}: {FAULTS[number]}", duration(delay), f"{after:.0%}", str(before)])
    rows.append(["median", duration(statistics.median(delays)), "", ""])
    text.append(page.table(["fault", "delay", "rows in alarm after the onset", "alarms before it"], rows))
    print("\n".join(text))
    if not options.dry:
        page.publish("tep", "\n".join(text))


if __name__ == "__main__":
    main()
