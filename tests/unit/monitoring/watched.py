"""A journal of two assets, and a detector that tells exactly which rows it was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from andamio.contracts import parse_contract
from andamio.errors import text
from andamio.journal import Journal, PredictionRecord, ShadowRecord, TruthRecord
from andamio.kernel.ids import IdMaker
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.rows import Rows
from andamio.monitoring.stream import Stream

CONTRACT = parse_contract(
    """
[model]
kind = "classification"
data = "pumps"
target = "failed"

[input.temp]
type = "number"
unit = "degC"

[input.flow]
type = "number"
unit = "m3/h"

[input.product]
type = "category"
values = ["L", "M"]

[output.failure]
""",
    name="pump",
    file="models/pump.toml",
)
DIGEST = "0" * 64
START = 1_780_000_000.0
MINUTE = 60.0


class Counting:
    """Adds up the rows it is shown, in their order, and finds a temperature above 90."""

    def __init__(self) -> None:
        self.rows = np.zeros(1, np.int64)
        self.trace = np.zeros(1)
        self.last = np.full(1, -np.inf)
        self.hot_since = np.full(1, np.nan)

    def feed(self, rows: Rows) -> None:
        for time, temp, suspect in zip(rows.times, rows.numbers[:, 0], rows.suspect[:, 0], strict=True):
            assert time >= self.last[0], "times fell"
            self.last[0] = time
            self.rows[0] += 1
            # The order matters: two rows that change places leave another trace.
            self.trace[0] = (self.trace[0] * 1.000003 + float(temp)) % 1e6
            if suspect or temp <= 90:
                self.hot_since[0] = np.nan
            elif np.isnan(self.hot_since[0]):
                self.hot_since[0] = time

    def standing(self) -> Sequence[Finding]:
        if np.isnan(self.hot_since[0]):
            return []
        return [
            Finding(
                kind="hot",
                level=Level.ALARM,
                cause=Cause.PROCESS,
                tag="temp",
                since=datetime.fromtimestamp(float(self.hot_since[0]), UTC),
                what=text("{tag} is hot", tag="temp"),
                fix=text("cool it"),
            )
        ]

    def state(self) -> Mapping[str, np.ndarray]:
        return {"rows": self.rows, "trace": self.trace, "last": self.last, "hot_since": self.hot_since}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.rows, self.trace = state["rows"].copy(), state["trace"].copy()
        self.last, self.hot_since = state["last"].copy(), state["hot_since"].copy()


class Doubter:
    """Doubts every temperature above 500."""

    def __init__(self) -> None:
        self._mask = np.zeros((0, 2), np.bool_)

    def feed(self, rows: Rows) -> None:
        self._mask = rows.numbers > 500

    def suspect(self) -> np.ndarray:
        return self._mask

    def standing(self) -> Sequence[Finding]:
        return []

    def state(self) -> Mapping[str, np.ndarray]:
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        del state


def detectors() -> list[Doubter | Counting]:
    return [Doubter(), Counting()]


@dataclass
class Writer:
    """Writes what scoring processes would have written."""

    folder: Path
    ids: IdMaker = field(default_factory=IdMaker)

    def answer(
        self,
        minutes: Sequence[float],
        temps: Sequence[float] | float = 60.0,
        *,
        assets: Sequence[str] | str = "pump-1",
        delay: float = 1.0,
        arrived: float | None = None,
        version: int = 1,
        worker: str = "serve-1-1",
        shadow: bool = False,
        timed: bool = True,
    ) -> list[str]:
        """Journal one record of rows that happened so many minutes after the start."""
        rows = len(minutes)
        told = [assets] * rows if isinstance(assets, str) else list(assets)
        heat = np.full(rows, temps) if isinstance(temps, float | int) else np.array(temps)
        moments = [START + MINUTE * minute for minute in minutes]
        record = PredictionRecord(
            ids=self.ids.take(rows),
            time=max(moments) + delay if arrived is None else START + MINUTE * arrived,
            model="pump",
            version=version,
            digest=DIGEST if version == 1 else str(version) * 64,
            numbers=np.stack([heat, np.full(rows, 5.0)], axis=1).astype("<f4").tobytes(),
            categories=["L"] * rows,
            assets=told if any(told) else (),
            event_times=[datetime.fromtimestamp(at, UTC).isoformat() for at in moments] if timed else (),
            probabilities=np.full((rows, 2), 0.5, "<f4").tobytes(),
            decision=np.zeros(rows, "<i8").tobytes(),
        )
        with Journal(self.folder, worker) as journal:
            journal.append_now([ShadowRecord(time=record.time, answer=record) if shadow else record])
        return list(record.ids)

    def tell(
        self,
        truths: Sequence[object],
        *,
        of: Sequence[str] = (),
        minutes: Sequence[float] = (),
        asset: str = "pump-1",
        arrived: float,
        worker: str = "serve-1-1",
    ) -> None:
        """Journal what was true of answers, by their ids or by the minutes at which they happened."""
        moments = [datetime.fromtimestamp(START + MINUTE * minute, UTC).isoformat() for minute in minutes]
        records = [
            TruthRecord(
                time=START + MINUTE * arrived + place / 1000,
                model="pump",
                value=truth,  # type: ignore[arg-type]
                prediction=None if moments else of[place],
                asset=asset if moments else None,
                event_time=moments[place] if moments else None,
            )
            for place, truth in enumerate(truths)
        ]
        with Journal(self.folder, worker) as journal:
            journal.append_now(records)

    def stream(self, version: int = 1) -> Stream:
        """Read what one version answered."""
        return Stream(self.folder, CONTRACT, version, DIGEST if version == 1 else str(version) * 64)
