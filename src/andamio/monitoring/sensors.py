"""Sensor faults, before anything is called drift: one detector an asset, the same live and in a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract
from andamio.monitoring.findings import Finding
from andamio.monitoring.observation import Observation
from andamio.monitoring.repeats import findings_by_profile, range_findings
from andamio.monitoring.rows import Rows
from andamio.monitoring.sensor_words import finding_of
from andamio.statistics.faults import FaultReference, FaultWatch
from andamio.statistics.profile import Profile
from andamio.statistics.runs import by_group

State = Mapping[str, NDArray[np.generic]]


class SensorDetector:
    """Watch the sensors of one asset.

    A bundle that was built before sensors were learnt has no ``sensors.*``: then nothing is said, and
    ``abstains`` is true.
    """

    def __init__(self, contract: Contract, reference: State) -> None:
        self._contract = contract
        learnt = FaultReference.read(reference) if FaultReference.is_in(reference) else None
        fits = learnt is not None and learnt.tags == len(contract.numbers)
        self._watch = FaultWatch(learnt) if learnt is not None and fits else None
        self._asset = ""

    @property
    def abstains(self) -> bool:
        """Tell whether the bundle does not say how its sensors behave."""
        return self._watch is None

    def feed(self, rows: Rows) -> None:
        """Take the next rows of the asset."""
        self._asset = rows.asset
        if self._watch is not None:
            self._watch.update(rows.times, rows.arrived, rows.numbers)

    def marked(self, rows: Rows) -> Rows:
        """Take the next rows and return them with the sensors in doubt marked, for what comes after."""
        self.feed(rows)
        if self._watch is None:
            return rows
        return replace(rows, suspect=rows.suspect | self._watch.suspect())

    def standing(self) -> Sequence[Finding]:
        """Return the faults that last, and those that ended a short while ago."""
        if self._watch is None:
            return []
        return [finding_of(fault, self._contract, self._asset) for fault in self._watch.standing()]

    def state(self) -> State:
        """Return all that must survive a restart."""
        return {} if self._watch is None else self._watch.state()

    def restore(self, state: State) -> None:
        """Continue from a state that ``state`` returned."""
        if self._watch is not None and state:
            self._watch.restore(state)


def sensor_findings(
    seen: Observation,
    rows: NDArray[np.int64],
    contract: Contract,
    profile: Profile,
    reference: State | None = None,
) -> list[Finding]:
    """Look at the kept rows of one version for faults of single sensors, asset by asset.

    Args:
        seen: What the journal holds.
        rows: Places of the version's rows, in time order.
        contract: Names, units and ranges of the tags.
        profile: From the version's bundle; all there is to go by in an older one.
        reference: The bundle's reference; its ``sensors.*`` are replayed over the rows.
    """
    if reference is None or SensorDetector(contract, reference).abstains:
        found = findings_by_profile(seen, rows, contract, profile)
    else:
        found = _replayed(seen, rows, contract, reference)
    return found + range_findings(seen, rows, contract)


def _replayed(
    seen: Observation, rows: NDArray[np.int64], contract: Contract, reference: State
) -> list[Finding]:
    findings: list[Finding] = []
    for asset, members in by_group(seen.assets[rows].tolist()).items():
        places = rows[members]
        detector = SensorDetector(contract, reference)
        detector.feed(_rows(seen, places, asset))
        findings += detector.standing()
    return findings


def _rows(seen: Observation, places: NDArray[np.int64], asset: str) -> Rows:
    times = seen.times[places]
    return Rows(
        asset=asset,
        times=times,
        arrived=times,
        numbers=seen.numbers[places],
        categories=seen.categories[places],
        scores=np.full(places.size, np.nan),
        suspect=np.zeros((places.size, seen.numbers.shape[1]), bool),
    )
