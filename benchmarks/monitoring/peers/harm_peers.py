"""The peers on the same labels: run by ``harm.py`` in an environment of their own (``harm.txt``)."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from mapie.exchangeability_testing import RiskMonitoring
from river import drift

STEP = 50  # labels that MAPIE's monitor is given at a time; one by one it takes hours


def river_alarms(make: Callable[[], Any], losses: np.ndarray) -> list[int]:
    detector, found = make(), []
    for place, loss in enumerate(losses.tolist()):
        detector.update(loss)
        if detector.drift_detected:
            found.append(place + 1)
    return found


def mapie_alarms(reference: np.ndarray, losses: np.ndarray) -> list[int]:
    def fresh() -> Any:
        return RiskMonitoring(
            risk="accuracy",
            reference_data=(np.ones(len(reference)), 1 - reference),
            warn=False,
        )

    monitor, found = fresh(), []
    for start in range(0, len(losses), STEP):
        part = losses[start : start + STEP]
        monitor.update(np.ones(len(part)), 1 - part)
        if monitor.harmful_shift_detected:
            found.append(start + len(part))
            monitor = fresh()
    return found


def main() -> None:
    """Read streams, write for every peer the labels at which it alarmed."""
    warnings.simplefilter("ignore")
    streams = np.load(sys.argv[1])
    peers: dict[str, Callable[[np.ndarray, np.ndarray], list[int]]] = {
        "MAPIE RiskMonitoring (defaults)": mapie_alarms,
        "river ADWIN": lambda _, x: river_alarms(drift.ADWIN, x),
        "river DDM": lambda _, x: river_alarms(drift.binary.DDM, x),
        "river Page-Hinkley": lambda _, x: river_alarms(drift.PageHinkley, x),
    }
    found = {
        name: {
            key: [
                alarms(ref, run)
                for ref, run in zip(streams[f"ref.{key}"], streams[f"run.{key}"], strict=True)
            ]
            for key in (k.removeprefix("run.") for k in streams.files if k.startswith("run."))
        }
        for name, alarms in peers.items()
    }
    json.dump(found, sys.stdout)


main()
