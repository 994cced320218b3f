"""The watch over one asset's sensors: rows in, faults out; what it remembers is small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from andamio.statistics.faults.clock import Clock
from andamio.statistics.faults.drift import BLOCK, Levels, leaning
from andamio.statistics.faults.events import events
from andamio.statistics.faults.fault import Fault, FaultKind
from andamio.statistics.faults.holding import came_to_rest, held_together, may_last, peers_moved
from andamio.statistics.faults.memory import read_faults, read_tail, write_faults, write_tail
from andamio.statistics.faults.peers import unexplained
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.sentinel import is_code
from andamio.statistics.faults.signals import Signals, Tail, signals
from andamio.statistics.faults.spiking import judge_spike
from andamio.statistics.faults.steps import is_over, judge_step
from andamio.statistics.faults.swapped import swapped_with
from andamio.statistics.faults.windows import AFTER, AROUND, LATE, LONG

_CHUNK = 1024
_FEWEST_TOUCHES = 3  # separate ones, of the value at which a tag is cut off
_REMEMBERED = 256  # rows for which what is over is still told
_RANK = {
    FaultKind.DROPOUT: 5,
    FaultKind.SENTINEL: 5,
    FaultKind.STUCK: 5,
    FaultKind.UNIT: 4,
    FaultKind.SWAPPED: 3,
    FaultKind.OFFSET: 2,
    FaultKind.CLIPPED: 2,
    FaultKind.DRIFT: 1,
}
_STEPS = (FaultKind.OFFSET, FaultKind.UNIT, FaultKind.SWAPPED)


class FaultWatch:
    """Watch the rows of one asset. Cut the stream anywhere: state and findings are the same.

    >>> history = np.random.default_rng(0).normal(50, 1, (600, 2))
    >>> watch = FaultWatch(FaultReference.learn(history))
    >>> live = history[:100].copy(); live[40:, 1] = live[39, 1]
    >>> [(fault.kind.value, fault.tag) for fault in watch.update(np.arange(100.0), np.arange(100.0), live)]
    [('stuck', 1)]
    """

    def __init__(self, reference: FaultReference) -> None:
        self._reference = reference
        self._tail = Tail.empty(reference)
        self._active: dict[int, Fault] = {}
        self._over: list[tuple[int, Fault]] = []
        self._suspect = np.zeros((0, reference.tags), bool)
        self._clock = Clock()
        self._levels = Levels(np.zeros((2, reference.tags)), np.zeros(reference.tags, np.int64))
        self._leans = leaning(reference.level_peers, reference.level_weights, reference.deviation)

    def update(
        self, times: NDArray[np.float64], arrived: NDArray[np.float64], numbers: NDArray[np.floating]
    ) -> list[Fault]:
        """Take the next rows.

        Returns:
            The faults that were found in them.
        """
        found: list[Fault] = []
        doubts = [np.zeros((0, self._reference.tags), bool)]
        for start in range(0, len(times), _CHUNK):
            part = slice(start, start + _CHUNK)
            found += self._told(np.asarray(times[part], np.float64), np.asarray(arrived[part], np.float64))
            found += self._feed(np.asarray(times[part], np.float64), np.asarray(numbers[part], np.float32))
            doubts.append(self._suspect)
        self._suspect = np.vstack(doubts)
        return found

    def standing(self) -> list[Fault]:
        """Return the faults that last, and those that ended a short while ago."""
        return [*self._active.values(), *(fault for _, fault in self._over)]

    def suspect(self) -> NDArray[np.bool_]:
        """Return, for the rows of the last ``update``, which tags were in doubt, shape ``(rows, tags)``.

        A row is in doubt while a fault stands on its tag, and where its own value stands for "no value".
        """
        return self._suspect

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Return all that must survive a restart."""
        faults = [*((-1, fault) for fault in self._active.values()), *self._over]
        clock = {"clock.last": np.array(self._clock.last), "clock.early": np.array(self._clock.early)}
        levels = {"levels.sums": self._levels.sums, "levels.blocks": self._levels.blocks}
        return write_tail(self._tail) | write_faults(faults) | clock | levels

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from what ``state`` returned."""
        self._tail = read_tail(state)
        self._clock = Clock(last=float(state["clock.last"]), early=int(state["clock.early"]))
        self._levels = Levels(
            np.array(state["levels.sums"], np.float64), np.array(state["levels.blocks"], np.int64)
        )
        faults = read_faults(state)
        self._active = {fault.tag: fault for row, fault in faults if row < 0}
        self._over = [(row, fault) for row, fault in faults if row >= 0]

    def _told(self, times: NDArray[np.float64], arrived: NDArray[np.float64]) -> list[Fault]:
        ref = self._reference
        found = self._clock.look(times, arrived, step_s=float(ref.step_s), gap_s=float(ref.gap_s))
        self._over += [(self._tail.seen + row, fault) for row, fault in found]
        return [fault for _, fault in found]

    def _feed(self, times: NDArray[np.float64], numbers: NDArray[np.float32]) -> list[Fault]:
        seen, self._tail = signals(self._tail, self._reference, times, numbers)
        found: list[Fault] = []
        doubt = seen.absent[seen.new :] | seen.code[seen.new :]
        begun = 0
        for row, _, tag, what in sorted(events(seen, self._reference)):
            doubt[begun:row, list(self._active)] = True
            begun = row
            new = self._handle(seen, row, tag, what)
            if new is not None:
                found.append(new)
        doubt[begun:, list(self._active)] = True
        self._suspect = doubt
        self._over = [(row, f) for row, f in self._over if row > self._tail.seen - _REMEMBERED]
        return found

    def _handle(self, seen: Signals, row: int, tag: int, what: str) -> Fault | None:
        handlers: Mapping[str, Callable[[Signals, int, int], Fault | None]] = {
            "moves": self._moves,
            "absent over": self._present,
            "code over": self._present,
            "ends over": self._unclipped,
            "run": self._ran,
            "held": self._held,
            "absent": self._absent,
            "code": self._coded,
            "ends": self._clips,
            "block": self._drifts,
            "spike": self._spiked,
            "step": self._stepped,
        }
        return handlers[what](seen, row, tag)

    def _moves(self, seen: Signals, row: int, tag: int) -> None:
        active = self._active.get(tag)
        if active is not None and "run" in active.evidence:
            self._end(seen, row, tag)

    def _present(self, seen: Signals, row: int, tag: int) -> None:
        active, place = self._active.get(tag), seen.new + row
        if active is None or "run" in active.evidence:
            return
        gone = {FaultKind.DROPOUT: seen.absent, FaultKind.SENTINEL: seen.code}.get(active.kind)
        if gone is not None and not gone[place - 7 : place + 1, tag].any():
            self._end(seen, row - 7, tag)

    def _unclipped(self, seen: Signals, row: int, tag: int) -> None:
        active = self._active.get(tag)
        if active is not None and active.kind is FaultKind.CLIPPED:
            self._end(seen, row, tag)

    def _absent(self, seen: Signals, row: int, tag: int) -> Fault | None:
        place = seen.new + row
        gone = seen.absent[place - LONG + 1 : place + 1, tag]
        first = place - LONG + 1 + int(np.argmax(gone))
        return self._begin(seen, row, FaultKind.DROPOUT, tag, first, {})

    def _coded(self, seen: Signals, row: int, tag: int) -> Fault | None:
        evidence = {"value": float(seen.raw[row, tag])}
        return self._begin(seen, row, FaultKind.SENTINEL, tag, seen.new + row, evidence)

    def _ran(self, seen: Signals, row: int, tag: int) -> Fault | None:
        value, length = float(seen.raw[row, tag]), int(seen.run[row, tag])
        place = seen.new + row - length + 1
        since = float(seen.times[place]) if row - length + 1 >= 0 else float(seen.run_since[tag])
        if np.isnan(value):
            if length < self._reference.absent_run[tag]:
                return None
            return self._begin(seen, row, FaultKind.DROPOUT, tag, since, {})
        active = self._active.get(tag)
        if (
            active is not None
            and active.kind in _STEPS
            and length < may_last(self._reference, tag, active, value)
        ):
            return None
        came_from = max(place - 1, 0)
        unseen = bool(seen.novel[seen.new + row, tag] and not seen.novel[came_from, tag])
        lasts = bool((self._reference.sticky[tag][:, 0] == value).any()) and length > 4
        coded = not lasts and (value == 0 or bool(is_code(np.array([value]))[0]))
        if held_together(seen, row, tag) or (
            not coded and came_to_rest(seen, self._reference, place, tag, length)
        ):
            return None
        kind = FaultKind.SENTINEL if unseen or coded else FaultKind.STUCK
        return self._begin(seen, row, kind, tag, since, {"value": value, "run": float(length)})

    def _held(self, seen: Signals, row: int, tag: int) -> Fault | None:
        """Judge a tag that holds a value, as it may, by how far its peers moved meanwhile."""
        ref, place, length = self._reference, seen.new + row, int(seen.run[row, tag])
        peers = ref.peers[tag][ref.weights[tag] != 0]
        if np.isnan(seen.raw[row, tag]) or any(int(other) in self._active for other in (tag, *peers)):
            return None
        if held_together(seen, row, tag) or not peers_moved(seen, ref, place, tag):
            return None
        since = float(seen.times[place - length + 1]) if row - length + 1 >= 0 else float(seen.run_since[tag])
        evidence = {"value": float(seen.raw[row, tag]), "run": float(length)}
        return self._begin(seen, row, FaultKind.STUCK, tag, since, evidence)

    def _clips(self, seen: Signals, row: int, tag: int) -> Fault | None:
        place = seen.new + row
        if (
            seen.first + row < 2 * LONG
            or seen.run[row, tag] >= LONG
            or seen.bad[place - LONG : place + 1, tag].any()
        ):
            return None
        window = seen.filled[place - LONG : place + 1, tag]
        value = max(float(window.max()), float(window.min()), key=lambda end: int((window == end).sum()))
        touches = window == value
        if (np.diff(np.concatenate([[0], touches.astype(np.int8)])) == 1).sum() < _FEWEST_TOUCHES:
            return None
        first = place - LONG + int(np.argmax(touches))
        return self._begin(seen, row, FaultKind.CLIPPED, tag, first, {"value": value}, 0.9)

    def _drifts(self, seen: Signals, row: int, _: int) -> Fault | None:
        ref = self._reference
        self._settle(seen, row)
        if seen.first + row < BLOCK or not np.isfinite(ref.level_limit).any():
            return None
        block = slice(seen.new + row - BLOCK + 1, seen.new + row + 1)
        left = (
            unexplained(seen.filled[block], ref.level_peers, ref.level_weights).mean(axis=0)
            - ref.level_centre
        )
        busy: NDArray[np.bool_] = np.asarray(seen.bad[block].any(axis=0))
        busy |= self._faulty(seen.first + row - BLOCK - AFTER)
        busy |= (busy[ref.level_peers] & (ref.level_weights != 0)).any(axis=1)
        tag = self._levels.take(left / ref.level_spread, ref.level_limit, busy, self._leans)
        if tag is None:
            return None
        return self._begin(seen, row, FaultKind.DRIFT, tag, block.start, {"size": float(left[tag])}, 0.8)

    def _faulty(self, since: int) -> NDArray[np.bool_]:
        """Return which tags have a fault that lasts, or one other than a spike that ended after a row."""
        out = np.zeros(self._reference.tags, bool)
        out[list(self._active)] = True
        out[
            [f.tag for end, f in self._over if f.tag >= 0 and f.kind is not FaultKind.SPIKE and end > since]
        ] = True
        return out

    def _spiked(self, seen: Signals, row: int, tag: int) -> Fault | None:
        place = seen.new + row - LATE
        if seen.first + row - LATE < 8 or tag in self._active or seen.bad[place - 8 : place + 9, tag].any():
            return None
        here = seen.first + row - LATE
        if any(
            f.tag == tag and f.kind is not FaultKind.SPIKE and ended >= here - 8 for ended, f in self._over
        ):
            return None
        spike = judge_spike(seen, self._reference, place, tag, faulty=self._faulty(here - AFTER))
        if spike is None:
            return None
        if any(
            f.tag == tag and f.kind is FaultKind.SPIKE and f.since >= seen.times[place - 4]
            for _, f in self._over
        ):
            return None
        size, limit = spike
        fault = Fault(
            kind=FaultKind.SPIKE,
            tag=tag,
            since=float(seen.times[place]),
            found=float(seen.times[seen.new + row]),
            until=float(seen.times[place + 1]),
            certainty=float(np.clip(1 - 0.5 * (limit / abs(size)) ** 2, 0.5, 0.99)),
            evidence={"size": size, "value": float(seen.filled[place, tag])},
        )
        self._over.append((seen.first + row, fault))
        return fault

    def _stepped(self, seen: Signals, row: int, tag: int) -> Fault | None:
        place = seen.new + row - AFTER + 1
        if seen.first + row - AFTER + 1 < LONG + AROUND:
            return None
        active = self._active.get(tag)
        if active is not None:
            if active.kind in _STEPS and self._undone(seen, place, tag, active):
                self._end(seen, row - AFTER + 1, tag)
            return None
        here = seen.first + row - AFTER + 1
        if any(
            f.tag == tag
            and f.kind is not FaultKind.SPIKE
            and ended >= here - LONG
            and f.since <= seen.times[place + LONG]
            for ended, f in self._over
        ):
            return None  # the end of a fault is a step too
        busy = np.zeros(self._reference.tags, bool)
        busy[list(self._active)] = True
        other = swapped_with(seen, self._reference, place, tag)
        if other is not None and other not in self._active:
            levels = [float(np.median(seen.filled[place - LONG : place, t])) for t in (tag, other)]
            size = levels[1] - levels[0]
            self._begin(
                seen,
                row,
                FaultKind.SWAPPED,
                other,
                place,
                {"size": -size, "before": levels[1], "other": float(tag)},
                0.9,
            )
            evidence = {"size": size, "before": levels[0], "other": float(other)}
            return self._begin(seen, row, FaultKind.SWAPPED, tag, place, evidence, 0.9)
        step = judge_step(seen, self._reference, place, tag, busy=busy)
        if step is None:
            return None
        evidence = {"size": step.size, "before": step.before, "after": step.after, "beside": step.beside}
        evidence["outside"] = float(seen.novel[place : place + LONG, tag].mean())
        if step.conversion is None:
            return self._begin(seen, row, FaultKind.OFFSET, tag, place, evidence, step.certainty)
        evidence["factor"], evidence["shift"] = step.conversion.factor, step.conversion.shift
        place -= step.late
        rows = seen.filled[place : place + LONG, tag]
        shows = np.abs(rows - step.conversion.undo(rows)) > self._reference.quiet[tag]
        place += int(np.argmax(shows))  # a zero is a zero in every unit
        return self._begin(
            seen, row, FaultKind.UNIT, tag, place, evidence, step.certainty, step.conversion.name
        )

    def _undone(self, seen: Signals, place: int, tag: int, active: Fault) -> bool:
        """Tell whether the rows from a place on read as before the fault."""
        was, will = seen.novel[place - LONG : place, tag], seen.novel[place : place + LONG, tag]
        if active.evidence.get("outside", 0.0) >= 0.75:
            return bool(was.mean() >= 0.25 and will.mean() <= 0.125)
        return is_over(seen, self._reference, slice(place, place + LONG), tag, active)

    def _settle(self, seen: Signals, row: int) -> None:
        """End the steps whose tag is back where it used to be."""
        block = slice(seen.new + row - BLOCK + 1, seen.new + row + 1)
        for tag, fault in list(self._active.items()):
            if fault.kind not in _STEPS or fault.since >= seen.times[block.start]:
                continue
            over = is_over(seen, self._reference, block, tag, fault)
            if fault.evidence.get("outside", 0.0) >= 0.75:
                over = bool(seen.novel[block, tag].mean() <= 0.05) and over
            if over:
                self._end(seen, row, tag)

    def _begin(
        self,
        seen: Signals,
        row: int,
        kind: FaultKind,
        tag: int,
        since: int | float,
        evidence: Mapping[str, float],
        certainty: float = 0.99,
        conversion: str = "",
    ) -> Fault | None:
        active = self._active.get(tag)
        if active is not None and _RANK[active.kind] >= _RANK[kind]:
            return None
        if active is not None:
            self._end(seen, row, tag)
        fault = Fault(
            kind=kind,
            tag=tag,
            since=float(seen.times[since]) if isinstance(since, int) else since,
            found=float(seen.times[seen.new + row]),
            certainty=certainty,
            evidence=dict(evidence),
            conversion=conversion,
        )
        self._active[tag] = fault
        return fault

    def _end(self, seen: Signals, row: int, tag: int) -> None:
        fault = self._active.pop(tag)
        self._over.append((seen.first + row, replace(fault, until=float(seen.times[seen.new + row]))))
