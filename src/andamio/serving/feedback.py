"""The door through which the truth comes back, one or many at once.

    {"id": "01k…", "value": "failure"}
    {"asset": "pump-07", "time": "2026-11-05T08:30:00-05:00", "value": 12.4}
    {"feedback": [{…}, {…}]}

Every truth is checked before any is recorded, and recorded before the answer. Whether the prediction
that it names exists is found out by the join, not here: the truth may come before its prediction
has been read.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from andamio.bundles import GraphInfo
from andamio.errors import BodyRefused, BodyTooLarge, Fault, FeedbackRejected, Text, text
from andamio.journal import Record, TruthRecord
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.truth import TruthCheck, Value, naming_fault

Commit = Callable[[Sequence[Record]], Awaitable[None]]


class _Truth(msgspec.Struct, forbid_unknown_fields=True):
    value: Value | None = None
    id: str | None = None
    asset: str | None = None
    time: str | None = None


class _Body(_Truth, forbid_unknown_fields=True):
    feedback: list[_Truth] | None = None


_decode = msgspec.json.Decoder(_Body).decode
_encode = msgspec.json.Encoder().encode


class FeedbackDoor:
    """Records the truths of one model."""

    def __init__(self, model: str, info: GraphInfo, commit: Commit, metrics: Metrics, limits: Limits) -> None:
        self._model = model
        self._check = TruthCheck(info)
        self._commit = commit
        self._metrics = metrics
        self._limits = limits

    async def answer(self, body: bytes) -> bytes:
        """Record the truths of one request.

        Raises:
            FeedbackRejected: A truth does not hold; all the faults are in it and nothing was recorded.
            BodyRefused: The body is not JSON of one of these forms.
        BodyTooLarge: There are more truths than the cap.
        """
        records = self._records(_truths(body))
        await self._commit(records)
        self._metrics.truths[self._model] += len(records)
        return _encode({"model": self._model, "recorded": len(records)})

    def _records(self, truths: Sequence[_Truth]) -> list[TruthRecord]:
        if len(truths) > self._limits.rows:
            raise BodyTooLarge(
                text(
                    "{rows} truths came at once and the cap is {cap}", rows=len(truths), cap=self._limits.rows
                ),
                fix=text("send fewer at once, or bring the file with: andamio feedback FILE.csv"),
            )
        now = time.time()
        records: list[TruthRecord] = []
        faults: list[Fault] = []
        for position, truth in enumerate(truths):
            where = text("{model}, truth {position}", model=self._model, position=position)
            wrong = naming_fault(truth.id, truth.asset, truth.time, where)
            if wrong is not None:
                faults.append(wrong)
            try:
                value = self._check.value("" if truth.value is None else truth.value)
            except ValueError:
                faults.append(self._check.fault(truth.value, where))
            else:
                records.append(
                    TruthRecord(
                        time=now,
                        model=self._model,
                        value=value,
                        prediction=truth.id,
                        asset=truth.asset,
                        event_time=truth.time,
                    )
                )
        if faults:
            raise _rejected(faults, len(truths))
        return records


def _truths(body: bytes) -> Sequence[_Truth]:
    try:
        sent = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(text("the body does not hold: {reason}", reason=error)) from error
    if sent.feedback is None:
        return [sent]
    if (sent.value, sent.id, sent.asset, sent.time) != (None, None, None, None):
        raise _unreadable(text("the body holds one truth beside a list of them"))
    return sent.feedback


def _unreadable(what: Text) -> BodyRefused:
    return BodyRefused(what, fix=text('send {{"id": "…", "value": …}} or {{"feedback": [ … ]}}'))


def _rejected(faults: Sequence[Fault], truths: int) -> FeedbackRejected:
    return FeedbackRejected(
        text(
            "nothing was recorded; faults: {faults}, truths sent: {truths}", faults=len(faults), truths=truths
        ),
        fix=text("correct them and send all of them again"),
        faults=faults,
    )
