"""How many sensor faults are named rightly on real streams, and how many healthy sensors are blamed.

Protocol: every stream is cut in two. The first part teaches (`FaultReference.learn`), the second is live.
Into live rows one fault of random kind, size, place and tag is put at a time, many times; it is named
rightly when the watch names this tag with this kind, and gives the tag no other name. The untouched live
part is then watched as it is: a sensor-day (one tag, one day of the stream's clock, 288 rows where it has
none) is blamed when any fault stands on it. Streams under "held out" were never looked at while the
detectors were made.

    python benchmarks/monitoring/sensor_faults.py [--quick] [--tuned] [--detail]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sensor_streams import HELD_OUT, TUNED, Stream

from andamio.statistics.faults import FaultReference, FaultWatch

KINDS = ("stuck", "spike", "dropout", "unit", "offset")
BEFORE, AFTER = 220, 320
FACTORS = (1000.0, 10.0, 100.0, 0.1, 0.01, 0.001)
AFFINE = {"degC": ((1.8, 32.0), (1.0, 273.15)), "degF": ((1 / 1.8, -32 / 1.8),), "K": ((1.0, -273.15),)}
CODES = (-999.0, -9999.0, 9999.0, 32767.0, 65535.0)
SAME = {"dropout": {"dropout", "sentinel"}}


@dataclass(frozen=True, slots=True)
class Injected:
    """Live rows with one fault: rows ``begin`` to ``end`` of one tag."""

    kind: str
    tag: int
    begin: int
    end: int
    rows: NDArray[np.float32]
    detail: str


def robust_sd(values: NDArray[np.floating]) -> float:
    """Return 1.4826 times the median absolute deviation; the standard deviation where that is zero."""
    known = np.asarray(values[np.isfinite(values)], np.float64)
    found = 1.4826 * float(np.median(np.abs(known - np.median(known)))) if known.size else 0.0
    return found or float(known.std())


def inject(
    stream: Stream, rows: NDArray[np.float32], kind: str, tag: int, rng: np.random.Generator
) -> Injected | None:
    """Put one fault into a stretch of live rows; None where it would not show."""
    out = rows.copy()
    begin = int(rng.integers(100, 140))
    history = stream.numbers[: stream.live, tag]
    known = history[np.isfinite(history)]
    if known.size < 50 or np.ptp(known) == 0 or len(out) <= begin:
        return None
    column = out[:, tag].astype(np.float64)
    detail = ""
    if kind == "stuck":
        end = begin + int(rng.integers(60, 200))
        held = column[begin - 1]
        true = column[begin:end]
        if not np.isfinite(held) or np.mean(true != held) < 0.7:
            return None
        column[begin:end] = held
    elif kind == "spike":
        end = begin + int(rng.integers(1, 4))
        size = rng.uniform(6, 15) * robust_sd(known) * rng.choice([-1.0, 1.0])
        column[begin:end] += size
        detail = f"{size:.3g}"
    elif kind == "dropout":
        end = begin + int(rng.integers(10, 100))
        value = float(rng.choice([np.nan, np.nan, 0.0, *CODES]))
        low, high = known.min(), known.max()
        if value == 0.0 and low - 0.1 * (high - low) <= 0 <= high:
            value = float("nan")
        column[begin:end] = value
        detail = f"{value:g}"
    elif kind == "unit":
        end = begin + int(rng.integers(80, 250))
        affine = AFFINE.get(stream.units.get(stream.tags[tag], ""), ())
        changes = [(f, 0.0) for f in FACTORS] if not affine else [*affine, *((f, 0.0) for f in FACTORS[:2])]
        factor, shift = changes[int(rng.integers(len(changes)))]
        true = column[begin:end]
        changed = true * factor + shift
        if np.mean(np.abs(true) > 0.05 * np.abs(known).max()) < 0.5:
            return None
        column[begin:end] = changed
        detail = f"x{factor:g}+{shift:g}"
    else:
        end = begin + int(rng.integers(80, 250))
        size = rng.uniform(3, 6) * float(np.std(known)) * rng.choice([-1.0, 1.0])
        column[begin:end] += size
        detail = f"{size:.3g} sd {np.std(known):.3g}"
    out[:, tag] = column
    return Injected(kind, tag, begin, min(end, len(rows)), out, detail)


def references(stream: Stream) -> FaultReference:
    """Learn from the first part of a stream."""
    taught = slice(0, stream.live)
    return FaultReference.learn(
        stream.numbers[taught],
        stream.times[taught] if stream.has_clock else None,
        assets=stream.assets[taught].tolist(),
        units=[stream.units.get(tag) for tag in stream.tags],
    )


def stretches(stream: Stream) -> list[NDArray[np.int64]]:
    """Return the live rows of each asset."""
    live = np.arange(stream.live, len(stream.numbers))
    return [live[stream.assets[live] == name] for name in dict.fromkeys(stream.assets[live])]


def named(
    stream: Stream, reference: FaultReference, kind: str, rng: np.random.Generator
) -> tuple[bool, float, str] | None:
    """Inject one fault and see what it is called."""
    runs = [run for run in stretches(stream) if len(run) >= 240]
    if not runs:
        runs = [max(stretches(stream), key=len)]
    run = runs[int(rng.integers(len(runs)))]
    start = int(rng.integers(0, max(1, len(run) - BEFORE - AFTER + 1)))
    places = run[start : start + BEFORE + AFTER]
    tag = int(rng.integers(len(stream.tags)))
    fault = inject(stream, stream.numbers[places], kind, tag, rng)
    if fault is None:
        return None
    times = stream.times[places]
    found = FaultWatch(reference).update(times, times, fault.rows)
    clean = FaultWatch(reference).update(times, times, stream.numbers[places]) if found else []
    already = {(f.kind, f.tag, f.since) for f in clean}
    first, last = times[max(fault.begin - 12, 0)], times[min(fault.end + 2, len(times) - 1)]
    names = {
        f.kind.value: f
        for f in found
        if f.tag == tag and first <= f.since <= last and (f.kind, f.tag, f.since) not in already
    }
    right = set(names) & SAME.get(kind, {kind})
    if right and len(names) == len(right):
        at = int(np.searchsorted(times, min(names[name].found for name in right)))
        return True, at - fault.begin, ""
    return False, np.nan, f"{stream.tags[tag]} {kind} {fault.detail}: {sorted(names) or 'nothing'}"


def blamed(stream: Stream, reference: FaultReference, detail: bool) -> tuple[int, int]:
    """Count the sensor-days on which a fault stands, and all of them, in the untouched live part."""
    days, bad = set(), set()
    day = stream.day_of()
    for run in stretches(stream):
        watch = FaultWatch(reference)
        times = stream.times[run]
        days |= {(int(d), tag) for d in np.unique(day[run]) for tag in range(len(stream.tags))}
        for part in np.array_split(np.arange(len(run)), max(1, len(run) // 96)):
            new = watch.update(times[part], times[part], stream.numbers[run[part]])
            for fault in new:
                bad.add((int(day[run[np.searchsorted(times, fault.since)]]), fault.tag))
                if detail:
                    row = run[np.searchsorted(times, fault.since)]
                    print(
                        f"   blamed {stream.tags[fault.tag]} {fault.kind.value} at row {row}", fault.evidence
                    )
            for fault in watch.standing():
                if fault.until is None or fault.until >= times[part[0]]:
                    bad |= {(int(d), fault.tag) for d in np.unique(day[run[part]])}
    return len({item for item in bad if item[1] >= 0}), len(days)


def measure(group: str, makers: tuple, each: int, detail: bool) -> None:
    """Measure a group of streams and print its table."""
    right, of, delays = defaultdict(int), defaultdict(int), defaultdict(list)
    blamed_days = days = 0
    print(
        f"\n### {group}\n\n| stream | tags | rows taught | live | "
        + " | ".join(KINDS)
        + " | sensor-days blamed |"
    )
    print("|---|---|---|---|" + "---|" * (len(KINDS) + 1))
    for make in makers:
        stream = make()
        rng = np.random.default_rng(sum(map(ord, stream.name)))
        reference = references(stream)
        cells, missed = [], []
        for kind in KINDS:
            hits = tried = attempts = 0
            while tried < each and attempts < 6 * each:
                attempts += 1
                result = named(stream, reference, kind, rng)
                if result is None:
                    continue
                tried += 1
                hits += result[0]
                delays[kind].append(result[1])
                missed += [result[2]] if result[2] else []
            right[kind] += hits
            of[kind] += tried
            cells.append(f"{100 * hits / tried:.0f} %" if tried else "–")
        bad, every = blamed(stream, reference, detail)
        blamed_days, days = blamed_days + bad, days + every
        print(
            f"| {stream.name} | {len(stream.tags)} | {stream.live} | {len(stream.numbers) - stream.live} | "
            + " | ".join(cells)
            + f" | {bad} of {every} |",
            flush=True,
        )
        if detail:
            print("\n".join("   " + line for line in missed), flush=True)
    total = sum(right.values()) / max(sum(of.values()), 1)
    shares = " | ".join(f"**{100 * right[k] / max(of[k], 1):.1f} %**" for k in KINDS)
    print(
        f"| **all** ({100 * total:.1f} %) | | | | {shares} | "
        f"**{blamed_days} of {days} ({100 * blamed_days / days:.2f} %)** |"
    )
    print(
        "| median delay, rows | | | | " + " | ".join(f"{np.nanmedian(delays[k]):.0f}" for k in KINDS) + " | |"
    )


def speed() -> None:
    """Time the watch over 30 tags."""
    rng = np.random.default_rng(0)
    numbers = rng.normal(50, 1, (103_000, 30)).astype(np.float32)
    reference = FaultReference.learn(numbers[:3000])
    watch, times = FaultWatch(reference), np.arange(100_000.0)
    begun = time.perf_counter()
    for start in range(0, 100_000, 1000):
        watch.update(
            times[start : start + 1000], times[start : start + 1000], numbers[3000 + start : 4000 + start]
        )
    spent = time.perf_counter() - begun
    state = sum(array.nbytes for array in watch.state().values())
    print(
        f"\n30 tags, chunks of 1,000 rows: {1e6 * spent / 100_000:.2f} microseconds a row, "
        f"{state / 1000:.1f} kB of state"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--tuned", action="store_true", help="only the streams that were looked at")
    parser.add_argument("--detail", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--each", type=int, default=0)
    asked = parser.parse_args()
    each = asked.each or (15 if asked.quick else 60)
    makers = tuple(make for make in TUNED if asked.only in make.__name__)
    measure("Looked at while the detectors were made", makers, each, asked.detail)
    if not asked.tuned:
        measure(
            "Held out", tuple(make for make in HELD_OUT if asked.only in make.__name__), each, asked.detail
        )
        speed()
