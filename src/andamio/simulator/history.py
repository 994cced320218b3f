"""Write simulated readings as a plant's historian would: semicolons, decimal commas, day first, Latin-1."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from andamio.simulator.pumps import COLUMNS, TARGET, Readings

_HEADERS = {tag: header.replace("degC", "°C") for tag, header in COLUMNS.items()}
TIME, PUMP, PRODUCT = "Timestamp", "Pump", "Product"


def history_csv(readings: Readings) -> bytes:
    """Write readings with their truth, as a file from a historian."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([TIME, PUMP, PRODUCT, *_HEADERS.values(), TARGET])
    for i in range(len(readings)):
        numbers = [f"{readings.tags[tag][i]:.2f}".replace(".", ",") for tag in COLUMNS]
        moment = readings.time[i].strftime("%d/%m/%Y %H:%M")
        writer.writerow([moment, readings.pump[i], readings.product[i], *numbers, int(readings.failure[i])])
    return text.getvalue().encode("latin-1")


def live_rows(readings: Readings, names: Mapping[str, str]) -> list[dict[str, object]]:
    """Return readings as rows of the scoring API.

    Args:
        readings: What the sensors said.
        names: The contract's tag name for each name of COLUMNS, and for "product".
    """
    return [
        {
            "asset": readings.pump[i],
            "time": readings.time[i].isoformat(),
            names["product"]: readings.product[i],
            **{names[tag]: float(readings.tags[tag][i]) for tag in COLUMNS},
        }
        for i in range(len(readings))
    ]
