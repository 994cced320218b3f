"""The tables of the driftbench, from verdicts to Markdown."""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import page
from inject import KINDS, MEANING
from judging import Alarms, Rate, delay_s, duration, matched, rate, rises
from opponents import Verdict
from streams import Case, Stream


@dataclass(frozen=True, slots=True)
class Split:
    """One detector's verdicts on one stream, by what the runs are for."""

    stream: Stream
    calibration: list[Verdict]
    fresh: list[Verdict]
    cases: list[tuple[Case, Verdict]]
    benign: list[tuple[Case, Verdict]]


@dataclass(frozen=True, slots=True)
class Kept:
    """Fresh months from one reference, and the alarms of each."""

    rate: Rate
    by_month: list[int]


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went: its mode, seconds, what the opponents said of themselves, what was left out."""

    mode: str
    seconds: float
    facts: list[dict[str, object]]
    absent: list[str]
    kept: bool
    fewer: list[str]


Found = dict[str, dict[str, Split]]
Call = Callable[[Verdict], Alarms]
Matched = dict[tuple[str, str], Call]


def split(stream: Stream, verdicts: list[Verdict]) -> Split:
    """Give the verdicts back to what they are verdicts on."""
    first = len(stream.calibration)
    second = first + len(stream.fresh)
    third = second + len(stream.cases)
    return Split(
        stream,
        verdicts[:first],
        verdicts[first:second],
        list(zip(stream.cases, verdicts[second:third], strict=True)),
        list(zip(stream.benign, verdicts[third:], strict=True)),
    )


def kept(verdicts: list[Verdict], step_s: float) -> Kept:
    """Count what our own watch said of months in which nothing happened."""
    alarms = [verdict.alarm for verdict in verdicts]
    return Kept(rate(verdicts, alarms, step_s), [rises(alarm) for alarm in alarms])


def shipped(verdict: Verdict) -> Alarms:
    """Take the verdict as the detector gives it."""
    return verdict.alarm


def calls(found: Found) -> Matched:
    """Match every detector on every stream to one false alarm in 30 days of its calibration rows.

    A detector that declares no score (ours, which was given the budget) keeps its verdict.
    """
    made: Matched = {}
    for detector, streams in found.items():
        for name, part in streams.items():
            silent = all((verdict.score != verdict.score).all() for verdict in part.calibration)
            level = float("nan") if silent else matched(part.calibration, part.stream.step_s)
            made[detector, name] = shipped if silent else _above(level)
    return made


def _above(level: float) -> Call:
    return lambda verdict: verdict.score > level


def false_alarms(found: Found, names: list[str], call: Callable[[str, str], Call]) -> str:
    """Table: share of clean days with an alarm, and alarms in 30 days with their interval."""
    rows = []
    for detector, streams in found.items():
        cells = []
        for name in names:
            part = streams.get(name)
            if part is None:
                cells.append("not run")
                continue
            alarms = [call(detector, name)(verdict) for verdict in part.fresh]
            cells.append(_rate(rate(part.fresh, alarms, part.stream.step_s)))
        rows.append([detector, *cells])
    return page.table(["", *names], rows)


def _rate(found: Rate) -> str:
    share = found.days_with / found.days if found.days else 0.0
    low, high = found.interval
    return f"{share:.0%} · {found.per_month:.1f} [{low:.1f}, {high:.1f}]"


def injections(found: Found, names: list[str], kinds: list[str], call: Callable[[str, str], Call]) -> str:
    """Table: share found and median delay of what was put in, over all streams that a detector was given."""
    rows = []
    for detector, streams in found.items():
        cells = []
        for kind in kinds:
            delays = [
                delay_s(verdict, call(detector, name)(verdict), case.onset, part.stream.step_s)
                for name, part in streams.items()
                if name in names
                for case, verdict in part.cases
                if case.kind == kind
            ]
            cells.append(_delays(delays))
        rows.append([detector, *cells])
    return page.table(["", *kinds], rows)


def _delays(delays: list[float | None]) -> str:
    known = [delay for delay in delays if delay is not None]
    if not delays:
        return "–"
    if not known:
        return f"0/{len(delays)}"
    return f"{len(known)}/{len(delays)} · {duration(statistics.median(known))}"


def harmless(found: Found, names: list[str], call: Callable[[str, str], Call]) -> str:
    """Table: share of days with an alarm while only the declared context changes."""
    kinds = list(
        dict.fromkeys(
            c.kind for parts in found.values() for n in names if n in parts for c, _ in parts[n].benign
        )
    )
    rows = []
    for detector, streams in found.items():
        cells = []
        for kind in kinds:
            pairs = [
                (v, call(detector, n)(v), p.stream.step_s)
                for n, p in streams.items()
                for c, v in p.benign
                if c.kind == kind
            ]
            total = sum((rate([v], [alarm], step) for v, alarm, step in pairs), Rate())
            cells.append(f"{total.days_with / total.days:.0%} of {total.days}" if total.days else "not run")
        rows.append([detector, *cells])
    return page.table(["", *kinds], rows)


def budgets(found: Mapping[str, list[Kept]]) -> str:
    """Table: what the declared budget of one false alarm a month became on fresh months."""
    rows = []
    for name, parts in found.items():
        total = sum((part.rate for part in parts), Rate())
        low, high = total.interval
        inside = "inside" if low <= 1.0 <= high else ("fewer" if high < 1.0 else "**MORE**")
        months = [alarms for part in parts for alarms in part.by_month]
        quiet = sum(alarms == 0 for alarms in months) / len(months)
        each = ", ".join(str(part.rate.alarms) for part in parts)
        rows.append(
            [
                name,
                f"{total.alarms} in {total.months:.0f}",
                f"{total.per_month:.2f} [{low:.2f}, {high:.2f}]",
                inside,
                f"{quiet:.0%}",
                each,
            ]
        )
    head = ["", "alarms in months", "a month [95 %]", "budget of 1", "months without", "by reference"]
    return page.table(head, rows)


def write(
    found: Found,
    kept_: Mapping[str, list[Kept]],
    streams: list[Stream],
    recorded: list[Stream],
    run: Run,
) -> str:
    """Return the whole section."""
    made = calls(found)
    as_shipped = lambda detector, name: shipped  # noqa: E731
    as_matched = lambda detector, name: made[detector, name]  # noqa: E731
    names, real = [s.name for s in streams], [s.name for s in recorded]
    kinds = ["nothing", *KINDS]
    own = sorted({case.kind for s in recorded for case in s.cases} - set(kinds))
    parts = [head(run)]
    if kept_:
        parts += ["### The declared budget\n", BUDGET, budgets(kept_)]
    parts += ["### Table 1: as shipped\n", CLEAN, false_alarms(found, names, as_shipped)]
    parts += [PUT_IN, injections(found, names, kinds, as_shipped)]
    if any(s.benign for s in streams):
        parts += [BENIGN, harmless(found, names, as_shipped)]
    parts += ["### Table 2: thresholds matched to one false alarm in 30 days\n", MATCHED]
    parts += [false_alarms(found, names, as_matched), PUT_IN_2, injections(found, names, kinds, as_matched)]
    if any(s.benign for s in streams):
        parts += [BENIGN_2, harmless(found, names, as_matched)]
    if real:
        parts += ["### Real streams\n", REAL, false_alarms(found, real, as_shipped)]
        parts += [REAL_PUT_IN, injections(found, real, [*KINDS, *own], as_shipped)]
    parts += ["### What was put in\n", meanings()]
    return "\n".join(parts)


def head(run: Run) -> str:
    """Say where this comes from."""
    versions: dict[str, str] = {}
    for said in run.facts:
        own = said.get("versions", {})
        if isinstance(own, dict):
            versions |= {k: str(v) for k, v in own.items() if k not in ("numpy", "pandas")}
    listed = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    failed = "".join(f" **{said['failed']}.**" for said in run.facts if "failed" in said)
    kept = " The peers' answers are those of an earlier run on the same rows." if run.kept else ""
    some = ", ".join(run.fewer)
    fewer = f" The slow opponents ({some}) are given some streams only in this mode." if some else ""
    missing = f" Absent here: {', '.join(run.absent)}." if run.absent else ""
    return (
        f"`python benchmarks/monitoring/driftbench.py --{run.mode}`, {run.seconds / 60.0:.1f} minutes "
        f"({cpu() / 60.0:.1f} of processor time) on {page.machine()}. Opponents: {listed}. "
        f"Seeds are fixed in the code.{fewer}{missing}{failed}{kept}\n"
    )


def cpu() -> float:
    """Return the seconds that processors worked for this process and the opponents' processes."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def meanings() -> str:
    """Say what every injection does."""
    return page.table(["", "from the onset on"], [[kind, MEANING[kind]] for kind in KINDS])


BUDGET = """\
Andamio with `false_alarms_per_month = 1` and nothing else set: fresh months after references of 14
days, another draw of the same plant each. An alarm is an episode: a rise above the limit. The interval
is the exact Poisson one; alarms of one reference have its luck in common, so the last column gives them
apart.
"""
CLEAN = """\
Normal rows, none of them seen before. A cell: share of days on which an alarm stands · alarms
(episodes) in 30 days [exact 95 % Poisson interval]. Batch detectors get one window a day against 14
days of reference.
"""
PUT_IN = """\
What was put in, over all synthetic streams: runs in which an alarm comes after the onset / runs ·
median delay from the onset to the alarm among the found. `nothing` is the same run with nothing put in:
whoever alarms there, finds by chance. A batch detector speaks once a day, so its best delay is a day.
"""
BENIGN = """\
Harmless changes that the declared context explains (weather, load): share of days with an alarm. The
peers take no context and cannot know; that is what the table shows.
"""
MATCHED = """\
Each detector's threshold is the lowest that gives at most one alarm in 30 days on calibration rows of
the same stream, which is more than a plant can usually do; the table shows what became of it on fresh
rows. ADWIN has two strictnesses to choose from. A detector without a score keeps its verdict.
"""
PUT_IN_2 = PUT_IN
BENIGN_2 = BENIGN
REAL = """\
Recorded rows after those that were learnt from, as shipped. Nobody has certified them: where a plant
changed, an alarm may be right. Cells as in table 1; where the record is shorter than a month, the
figure in 30 days is an extrapolation.
"""
REAL_PUT_IN = """\
Put into the recorded rows, over all real streams: found / runs · median delay. The delay is in the
streams' own time (one row a second to one an hour), so only the same column compares. Attacks (BATADAL)
and faults (Tennessee Eastman) are the record's own; in runs where an alarm stands all the time,
everything is found.
"""
