"""Join what was predicted with what happened."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from andamio.journal.records import Prediction, PredictionRecord, TruthRecord

_Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """A prediction and its truth: the last that arrived, with those that it replaced."""

    prediction: Prediction
    truth: TruthRecord
    replaced: tuple[TruthRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class TruthJoin:
    """The predictions whose truth is known, and the truths that no prediction answers to."""

    judged: tuple[Judged, ...]
    unmatched: tuple[TruthRecord, ...]


def join_truth(
    predictions: Iterable[Prediction],
    truths: Iterable[TruthRecord],
    *,
    tolerance_s: float = 0.0,
    zone: tzinfo = UTC,
) -> TruthJoin:
    """Give every prediction its truth, where it is known.

    A truth that names a prediction belongs to it. One that names asset and time belongs to every
    prediction of its model for that asset at that moment, or else at the nearest moment not more than
    ``tolerance_s`` away (the earlier of two equally near). The last truth that arrived wins; of two that
    arrived at once, the later in the journal.

    Args:
        predictions: In any order; each is kept.
        truths: In the order of the journal.
        tolerance_s: How far apart the two times may be, in seconds.
        zone: The time zone of times that do not name one: the plant's.

    Returns:
        The judged predictions in the order given, and the truths without a prediction.
    """
    asked = list(predictions)
    places = _Places(asked, zone)
    found: dict[int, list[TruthRecord]] = {}
    unmatched = []
    for truth in sorted(truths, key=lambda truth: truth.time):
        matches = places.of(truth, tolerance_s)
        if not matches:
            unmatched.append(truth)
        for place in matches:
            found.setdefault(place, []).append(truth)
    judged = tuple(Judged(asked[i], arrived[-1], tuple(arrived[:-1])) for i, arrived in sorted(found.items()))
    return TruthJoin(judged, tuple(unmatched))


def count_joined(
    records: Iterable[PredictionRecord], truths: Sequence[TruthRecord], *, zone: tzinfo = UTC
) -> int:
    """Count the truths that some prediction answers to, as ``join_truth`` would with no tolerance.

    It reads what the truths ask for and makes no row of anything else, so a long journal costs little.

    Args:
        records: What was answered.
        truths: All of one model or of several.
        zone: The time zone of times that do not name one: the plant's.
    """
    named = Counter((truth.model, truth.prediction) for truth in truths if truth.prediction is not None)
    timed = Counter(
        (truth.model, truth.asset, moment)
        for truth in truths
        if truth.prediction is None
        and truth.event_time
        and (moment := moment_of(truth.event_time, zone)) is not None
    )
    machines = {(model, asset) for model, asset, _ in timed}
    found: set[tuple[str, str] | tuple[str, str | None, float]] = set()
    for record in records:
        found.update((record.model, name) for name in record.ids if (record.model, name) in named)
        if timed:
            found.update(moment for moment in _moments(record, machines, zone) if moment in timed)
    return sum(count for key, count in (*named.items(), *timed.items()) if key in found)


def _moments(
    record: PredictionRecord, machines: Container[_Key], zone: tzinfo
) -> Iterator[tuple[str, str | None, float]]:
    for i, told in enumerate(record.event_times):
        asset = record.assets[i] if record.assets else None
        if told and (record.model, asset) in machines:
            moment = moment_of(told, zone)
            if moment is not None:
                yield record.model, asset, moment


def moment_of(text: str, zone: tzinfo = UTC) -> float | None:
    """Read an ISO 8601 time as seconds since 1970; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return aware.timestamp()
    except (ValueError, OverflowError):
        return None


class _Places:
    """Where the predictions are: by id, and by model, asset and moment."""

    def __init__(self, predictions: Sequence[Prediction], zone: tzinfo) -> None:
        self._zone = zone
        self._by_id = {(p.model, p.id): i for i, p in enumerate(predictions)}
        self._by_moment: dict[_Key, dict[float, list[int]]] = {}
        for i, prediction in enumerate(predictions):
            moment = moment_of(prediction.event_time, zone) if prediction.event_time else None
            if moment is not None:
                moments = self._by_moment.setdefault((prediction.model, prediction.asset), {})
                moments.setdefault(moment, []).append(i)
        self._sorted: Mapping[_Key, list[float]] = {key: sorted(ms) for key, ms in self._by_moment.items()}

    def of(self, truth: TruthRecord, tolerance_s: float) -> list[int]:
        if truth.prediction is not None:
            place = self._by_id.get((truth.model, truth.prediction))
            return [] if place is None else [place]
        moment = moment_of(truth.event_time, self._zone) if truth.event_time else None
        key = (truth.model, truth.asset)
        if moment is None or key not in self._by_moment:
            return []
        nearest = _nearest(self._sorted[key], moment)
        return self._by_moment[key][nearest] if abs(nearest - moment) <= tolerance_s else []


def _nearest(moments: list[float], moment: float) -> float:
    place = bisect_left(moments, moment)
    return min(moments[max(place - 1, 0) : place + 1], key=lambda candidate: abs(candidate - moment))
