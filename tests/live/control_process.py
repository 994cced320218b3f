"""A control process with alarms in memory and one simple detector: ``control_process.py PLANT [TOKENS]``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from andamio.errors import DiskFull, InputRefused, NotFound, text
from andamio.kernel.settings import find_plant
from andamio.monitoring import detectors
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.rows import Rows
from andamio.serving.guard import GuardOptions
from andamio.web import ControlOptions, ControlStarted, run_control


class Hot:
    """Finds a first tag above 120."""

    def __init__(self) -> None:
        self.last = np.zeros(1)

    def feed(self, rows: Rows) -> None:
        """Keep the last value."""
        self.last = rows.numbers[-1:, 0].astype(np.float64)

    def standing(self) -> Sequence[Finding]:
        """State it."""
        what = text("sensor")
        hot = Finding(kind="hot", level=Level.ALARM, cause=Cause.SENSOR, tag="temp", what=what, fix=what)
        return [hot] if self.last[0] > 120 else []

    def state(self) -> Mapping[str, np.ndarray]:
        """Return it."""
        return {"last": self.last}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take it."""
        self.last = state["last"].copy()


class Desk:
    """Keeps one alarm per model while anything stands."""

    def __init__(self, plant: Path) -> None:
        self.broken = plant / "desk-is-broken"
        self.kept: dict[str, dict[str, Any]] = {}

    def update(
        self,
        model: str,
        version: int,
        standing: Sequence[Finding],
        at: datetime,
        started: Mapping[str, datetime],
    ) -> None:
        """Raise an alarm at the first finding; fail while the plant's folder says so."""
        if self.broken.exists():
            raise DiskFull(text("sensor"))
        if standing and "1" not in self.kept:
            self.kept["1"] = {"id": "1", "model": model, "version": version, "raised_at": at, "state": "new"}

    def alarms(self, *, model: str | None, everything: bool) -> Sequence[Mapping[str, Any]]:
        """List them."""
        known = [one for one in self.kept.values() if model in {None, one["model"]}]
        return [one for one in known if everything or one["state"] != "shelved"]

    def _changed(self, name: str, **values: object) -> Mapping[str, Any]:
        if name not in self.kept:
            raise NotFound(text("sensor"), fix=text("sensor"))
        self.kept[name] |= values
        return self.kept[name]

    def acknowledge(self, name: str, *, actor: str, reason: str) -> Mapping[str, Any]:
        """Note it."""
        return self._changed(name, state="acknowledged", by=actor, reason=reason)

    def shelve(self, name: str, *, actor: str, reason: str, hours: float) -> Mapping[str, Any]:
        """Put it aside; a reason is needed."""
        if not reason:
            raise InputRefused(text("sensor"), fix=text("sensor"))
        return self._changed(name, state="shelved", by=actor, reason=reason, hours=hours)

    def unshelve(self, name: str, *, actor: str, reason: str) -> Mapping[str, Any]:
        """Take it back."""
        return self._changed(name, state="new", by=actor, reason=reason)

    def counts(self) -> Mapping[str, int]:
        """Count them."""
        return Counter(one["state"] for one in self.kept.values())

    def notifications(self) -> Mapping[str, int]:
        """Count none."""
        return {"waiting": 2, "failed": 1}


def main(plant: Path, tokens: Path | None) -> None:
    """Run until SIGTERM."""
    detectors.MAKERS = (lambda _contract, _reference: Hot,)

    def announce(started: ControlStarted) -> None:
        print(started.address, flush=True)

    options = ControlOptions(
        plant=find_plant(plant),
        past=lambda: None,
        report=lambda model, query: f"<html>{model} {query.get('from', '')}</html>",
        port=0,
        interval_s=0.2,
        guard=GuardOptions(tokens=tokens),
        desk=Desk(plant),
    )
    run_control(options, announce)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
