"""Harm: live losses worse than the version promised, told from bad luck while the labels come in.

Every label is a bet (``statistics.betting``). What may be staked follows from the contract's
``false_alarms_per_month``: harm takes a quarter of it, shared by the measures, and never more than one false
alarm in 10,000 good labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.bundles import Bundle, GraphInfo
from andamio.contracts.contract import Contract
from andamio.errors import text
from andamio.journal import Judged
from andamio.monitoring.detector import State
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.performance.labels import NOBODY, Labels
from andamio.monitoring.performance.measuring import Promise, promised_metrics
from andamio.monitoring.performance.promise import streams
from andamio.monitoring.performance.words import harm_finding
from andamio.monitoring.rows import Rows
from andamio.statistics.losses import DAY_S, class_losses, value_losses

RUN_LENGTH = 10_000.0  # good labels for one false alarm, at least
_SHARE = 0.25  # of the declared false alarms a month, for harm
_MONTH_S = 30.44 * DAY_S
_RELEASE = 200.0  # labels over which saved-up stakes are spent
_COUNTED = 8192  # the latest labels by whose names repeats are known
# A label this many times later than usual, and a week, is of the past: it is measured and not bet on.
_TIMES_LATE, _LATE_S, _FEWEST_DELAYS = 8.0, 7 * DAY_S, 20


class LossDetector:
    """Watches the losses of one version. Feed it judged rows in the order in which their truths arrived.

    Attributes:
        inputs_drifted: Whether a finding of drift stands for the inputs; the watch sets it. It decides
            whether harm is called a change of the process or of the concept.
        passed_over: Labels that were not bet on: corrections and repeats of counted ones, and old ones.
    """

    def __init__(
        self,
        contract: Contract,
        info: GraphInfo,
        reference: Mapping[str, NDArray[np.generic]],
        promised: Mapping[str, Promise],
        *,
        held_out_rows: int | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        """Begin without evidence; ``of`` makes it from a bundle."""
        self._contract, self._info, self._zone = contract, info, zone
        self._reference = {
            key: reference[key] for key in ("loss.absolute", "loss.signed") if key in reference
        }
        self.streams = streams(reference, promised, info, held_out_rows)
        self._promised = promised
        self._counted: dict[int, None] = {}
        # Arrival of the last label, stakes saved up, logarithm of the usual delay, how many delays.
        self._clock = np.array([math.nan, _SHARE * contract.monitor.false_alarms_per_month, 0.0, 0.0])
        self.inputs_drifted = False
        self.passed_over = 0

    @classmethod
    def of(cls, bundle: Bundle, *, zone: tzinfo = UTC) -> LossDetector:
        """Make the detector of a bundle's version."""
        split = bundle.evaluation.get("split")
        rows = split.get("held_out_rows") if isinstance(split, Mapping) else None
        return cls(
            bundle.contract,
            bundle.info,
            bundle.reference(),
            promised_metrics(bundle.evaluation),
            held_out_rows=rows if isinstance(rows, int) else None,
            zone=zone,
        )

    @property
    def abstains(self) -> bool:
        """Whether the bundle promises nothing that could be held against it."""
        return not self.streams

    def feed(self, rows: Rows) -> None:
        """Pass over rows: without their truth they tell nothing of loss."""

    def feed_truth(self, judged: Sequence[Judged]) -> None:
        """Take judged rows of this version, in the order in which their truths arrived."""
        first = [item for item in judged if not item.replaced]
        self.passed_over += len(judged) - len(first)
        self.feed_labels(Labels.of(first, self._info, self._zone))

    def feed_labels(self, labels: Labels) -> None:
        """Take labels of this version, in the order in which they arrived."""
        answered = labels.decision >= 0 if self._info.classes else np.isfinite(labels.value)
        labels = labels.take(np.isfinite(labels.truth) & answered)
        if not len(labels) or not self.streams:
            return
        losses = {name: column.tolist() for name, column in self._losses(labels).items()}
        columns = (labels.names, labels.happened, labels.told, labels.clusters)
        for place, (name, happened, told, cluster) in enumerate(
            zip(*(column.tolist() for column in columns), strict=True)
        ):
            if not self._is_first(name) or self._is_of_the_past(told - happened):
                self.passed_over += 1
                continue
            stake = self._stake(told) / len(self.streams)
            where = None if cluster == NOBODY else cluster
            for measure, column in losses.items():
                if math.isfinite(column[place]):
                    self.streams[measure].take(column[place], where, stake=stake, time=happened)

    def standing(self) -> Sequence[Finding]:
        """Return the confirmed harm, the surest first; or what is missing to see any."""
        if self.abstains:
            return (_abstaining(self._contract),)
        cause = Cause.PROCESS if self.inputs_drifted else Cause.CONCEPT
        found = [
            harm_finding(name, stream, self._contract, self._promised.get(name), cause)
            for name, stream in self.streams.items()
            if stream.stands
        ]
        return tuple(sorted(found, key=lambda finding: -(finding.certainty or 0.0)))

    def state(self) -> State:
        """Return all that must survive a restart, as small named arrays."""
        arrays: dict[str, NDArray[np.generic]] = {
            "clock": self._clock.copy(),
            "counted": np.array(list(self._counted), np.uint64),
            "passed_over": np.array(self.passed_over),
            "inputs_drifted": np.array(self.inputs_drifted),
        }
        for name, stream in self.streams.items():
            arrays |= {f"{name}.{key}": array for key, array in stream.state().items()}
        return arrays

    def restore(self, state: State) -> None:
        """Continue from a state that ``state`` returned."""
        self._clock = np.array(state["clock"], np.float64)
        self._counted = dict.fromkeys(np.asarray(state["counted"], np.uint64).tolist())
        self.passed_over = int(np.asarray(state["passed_over"], np.int64))
        self.inputs_drifted = bool(np.asarray(state["inputs_drifted"]))
        for name, stream in self.streams.items():
            own = {k.removeprefix(name + "."): v for k, v in state.items() if k.startswith(name + ".")}
            if own:
                stream.restore(own)

    def _losses(self, labels: Labels) -> dict[str, NDArray[np.float64]]:
        """Return the losses of the rows by stream, NaN where a row has no part in it."""
        if self._info.classes:
            found = class_losses(labels.truth.astype(np.int64), labels.decision, self._info.positive)
        else:
            found = value_losses(labels.truth, labels.value, labels.lower, labels.upper, self._reference)
        return {name: column for name, column in found.items() if name in self.streams}

    def _is_first(self, name: int) -> bool:
        """Tell whether this is the first truth of its prediction; remember it."""
        if name in self._counted:
            return False
        self._counted[name] = None
        if len(self._counted) > _COUNTED:
            self._counted.pop(next(iter(self._counted)))
        return True

    def _is_of_the_past(self, delay: float) -> bool:
        """Tell whether a label came far later than usual; the usual delay is a running median."""
        log, seen = math.log(max(delay, 1.0)), self._clock[3]
        usual = self._clock[2] if seen else log
        late = bool(seen >= _FEWEST_DELAYS and delay > max(_LATE_S, _TIMES_LATE * math.exp(usual)))
        step = max(1.0 / (seen + 1), 0.02)
        self._clock[2] = usual + step * (math.copysign(1.0, log - usual) if log != usual else 0.0)
        self._clock[3] = seen + 1
        return late

    def _stake(self, arrived: float) -> float:
        """Return what may be staked on the next label; time saves stakes up, labels spend them."""
        last, saved = self._clock[0], self._clock[1]
        allowed = _SHARE * self._contract.monitor.false_alarms_per_month
        if math.isfinite(last):
            saved = min(saved + allowed * min(max(arrived - last, 0.0), _MONTH_S) / _MONTH_S, allowed)
        stake = min(1 / RUN_LENGTH, saved / _RELEASE)
        self._clock[:2] = arrived if not math.isfinite(last) else max(last, arrived), saved - stake
        return float(stake)


def in_order_of_arrival(judged: Iterable[Judged]) -> list[Judged]:
    """Put rows that were joined at once in the order in which their first truths arrived, each told once."""
    plain = [
        Judged(item.prediction, structs.replace(item.truth, time=item.replaced[0].time))
        if item.replaced
        else item
        for item in judged
    ]
    return sorted(plain, key=lambda item: item.truth.time)


def _abstaining(contract: Contract) -> Finding:
    return Finding(
        kind="no-promise",
        level=Level.NOTICE,
        what=text("the bundle does not say how large its errors were, so harm is not judged"),
        fix=text("train a version: andamio train {model}", model=contract.name),
    )
