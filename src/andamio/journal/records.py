"""What the journal holds: predictions, refusals, truths, and what the service itself did.

Records are written as MessagePack arrays: a field is only ever added at the end, with a default, so
that an old journal stays readable and an old reader passes over what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from andamio.contracts import Rows
from andamio.journal.sampling import rows_with_samples

Flags = Sequence[Sequence[str]]
Texts = Sequence[str | None]


class Served(Protocol):
    """Which version answers."""

    @property
    def version(self) -> int:
        """The number of the version."""

    @property
    def digest(self) -> str:
        """The digest of its bundle."""


class Answered(Protocol):
    """What a graph answered; ``bundles.Outputs`` is one."""

    @property
    def probabilities(self) -> NDArray[np.float32] | None:
        """Shape ``(rows, classes)``."""

    @property
    def decision(self) -> NDArray[np.int64] | None:
        """Shape ``(rows,)``."""

    @property
    def value(self) -> NDArray[np.float32] | None:
        """Shape ``(rows,)``."""

    @property
    def lower(self) -> NDArray[np.float32] | None:
        """Shape ``(rows,)``."""

    @property
    def upper(self) -> NDArray[np.float32] | None:
        """Shape ``(rows,)``."""


class PredictionRecord(msgspec.Struct, array_like=True, tag="p", gc=False, kw_only=True, frozen=True):
    """One request of many rows, or one-row requests that came together; all answered by the same version.

    Arrays are stored as little-endian bytes, row by row: ``numbers`` float32 ``(rows, tags)`` with NaN
    for missing, ``probabilities`` float32 ``(rows, classes)``, ``decision`` int64, the rest float32;
    ``signals`` float32 ``(rows, samples)`` with NaN for missing, where the contract has any; only of the rows
    that ``signal_rows`` names where the contract keeps the samples of a share of them, None being all.
    ``categories`` are the texts row by row. ``assets``, ``event_times`` and ``flags`` are empty when
    no row has one. ``time`` is seconds since 1970 (UTC); ``event_times`` are ISO 8601 as sent.
    ``route`` says why this version answered: "champion", "canary" or "ab". ``quality`` is "fallback" when
    it stood in for one that could not answer, or when the contract's fixed rule did.
    """

    ids: Sequence[str]
    time: float
    model: str
    version: int
    digest: str
    numbers: bytes
    categories: Sequence[str] = ()
    assets: Texts = ()
    event_times: Texts = ()
    flags: Flags = ()
    probabilities: bytes | None = None
    decision: bytes | None = None
    value: bytes | None = None
    lower: bytes | None = None
    upper: bytes | None = None
    latency_us: int | None = None
    door: str = "http"
    route: str = "champion"
    quality: str = "model"
    signals: bytes | None = None
    signal_rows: Sequence[int] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def predictions(self) -> Iterator[Prediction]:
        """Yield the rows one by one, each with its arrays read back."""
        rows = len(self.ids)
        numbers = np.frombuffer(self.numbers, "<f4").reshape(rows, -1)
        categories = np.array(self.categories, dtype=object).reshape(rows, -1)
        probabilities = _floats(self.probabilities)
        shares = None if probabilities is None else probabilities.reshape(rows, -1)
        decision = None if self.decision is None else np.frombuffer(self.decision, "<i8")
        value, lower, upper = _floats(self.value), _floats(self.lower), _floats(self.upper)
        signals = self._signals()
        for i, name in enumerate(self.ids):
            yield Prediction(
                id=name,
                record=self,
                asset=self.assets[i] if self.assets else None,
                event_time=self.event_times[i] if self.event_times else None,
                flags=tuple(self.flags[i]) if self.flags else (),
                numbers=numbers[i],
                categories=tuple(categories[i]),
                probabilities=None if shares is None else shares[i],
                decision=None if decision is None else int(decision[i]),
                value=None if value is None else float(value[i]),
                lower=None if lower is None else float(lower[i]),
                upper=None if upper is None else float(upper[i]),
                signals=signals.get(i),
            )

    def _signals(self) -> Mapping[int, NDArray[np.float32]]:
        """Return the samples of the rows that have them."""
        places = range(len(self.ids)) if self.signal_rows is None else self.signal_rows
        if self.signals is None or not len(places):
            return {}
        samples = np.frombuffer(self.signals, "<f4").reshape(len(places), -1)
        return dict(zip(places, samples, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One row of a prediction record. ``decision`` is the index of the class."""

    id: str
    record: PredictionRecord
    asset: str | None
    event_time: str | None
    flags: tuple[str, ...]
    numbers: NDArray[np.float32]
    categories: tuple[str, ...]
    probabilities: NDArray[np.float32] | None
    decision: int | None
    value: float | None
    lower: float | None
    upper: float | None
    signals: NDArray[np.float32] | None = None

    @property
    def lacks_samples(self) -> bool:
        """Whether its signals were read, and their samples not kept."""
        return self.record.signals is not None and self.signals is None

    @property
    def model(self) -> str:
        """The model that answered."""
        return self.record.model

    @property
    def version(self) -> int:
        """The version that answered."""
        return self.record.version

    @property
    def time(self) -> float:
        """When it answered, in seconds since 1970."""
        return self.record.time


class ShadowRecord(msgspec.Struct, array_like=True, tag="h", gc=False, kw_only=True, frozen=True):
    """What a shadow would have answered. Nobody was told it, so it is not among the predictions.

    Its ids are those of the answers that were given, and one truth judges both.
    """

    time: float
    answer: PredictionRecord


class RejectedRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One fault of one refused row: the fault's code and the tag at fault, where there is one."""

    row: int
    code: str
    tag: str | None = None


class RejectRecord(msgspec.Struct, array_like=True, tag="r", gc=False, kw_only=True, frozen=True):
    """One refused request: how many rows came, and every fault of every row."""

    time: float
    model: str
    version: int
    rows: int
    faults: Sequence[RejectedRow]
    door: str = "http"


class TruthRecord(msgspec.Struct, array_like=True, tag="t", gc=False, kw_only=True, frozen=True):
    """What really happened, named by a prediction's id or by asset and event time.

    ``value`` is the class as the plant writes it, or the measured number. ``time`` is when it arrived.
    """

    time: float
    model: str
    value: float | str
    prediction: str | None = None
    asset: str | None = None
    event_time: str | None = None
    source: str = "http"


class BatchRecord(msgspec.Struct, array_like=True, tag="b", gc=False, kw_only=True, frozen=True):
    """One scored file: which file by its SHA-256, by which version, into which file, and how many rows.

    ``rows_kept`` tells whether its rows are in the journal one by one as well, as those of short files are.
    """

    time: float
    model: str
    version: int
    digest: str
    input: str
    input_sha256: str
    output: str
    output_sha256: str
    scored: int
    refused: int
    rows_kept: bool


class ServiceRecord(msgspec.Struct, array_like=True, tag="s", gc=False, kw_only=True, frozen=True):
    """What a worker did: "start", "stop", "generation", "healed", "unrecorded" (answers on a full disk)."""

    time: float
    event: str
    detail: Mapping[str, str | int | float | None] = {}


Record = PredictionRecord | RejectRecord | TruthRecord | ServiceRecord | ShadowRecord | BatchRecord


def prediction_record(
    ids: Sequence[str],
    time: float,
    model: str,
    served: Served,
    rows: Rows,
    answers: Answered,
    *,
    latency_us: int | None = None,
    door: str = "http",
    route: str = "champion",
    quality: str = "model",
    keep_signals: float = 1.0,
) -> PredictionRecord:
    """Write down rows that were answered together; ``keep_signals`` is the share that keep their samples."""
    signals, chosen = rows.signals, None
    if signals is not None and keep_signals < 1.0:
        chosen = rows_with_samples(ids, keep_signals)
        signals = signals[chosen]
    return PredictionRecord(
        ids=ids,
        time=time,
        model=model,
        version=served.version,
        digest=served.digest,
        numbers=rows.numbers.tobytes(),
        categories=rows.categories.ravel().tolist() if rows.categories.size else (),
        assets=rows.assets if any(rows.assets) else (),
        event_times=rows.times if any(rows.times) else (),
        flags=rows.flags if any(rows.flags) else (),
        probabilities=None if answers.probabilities is None else answers.probabilities.tobytes(),
        decision=None if answers.decision is None else answers.decision.tobytes(),
        value=None if answers.value is None else answers.value.tobytes(),
        lower=None if answers.lower is None else answers.lower.tobytes(),
        upper=None if answers.upper is None else answers.upper.tobytes(),
        latency_us=latency_us,
        door=door,
        route=route,
        quality=quality,
        signals=None if signals is None else signals.tobytes(),
        signal_rows=chosen,
    )


def moment(seconds: float) -> datetime:
    """Return a record's time as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _floats(content: bytes | None) -> NDArray[np.float32] | None:
    return None if content is None else np.frombuffer(content, "<f4")
