"""The simulated historian's file is the kind of file that plants have."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from andamio.connectors.csv import CsvOptions, read_csv
from andamio.simulator import COLUMNS, PumpPlant
from andamio.simulator.history import history_csv, live_rows


def test_the_history_is_read_back_cell_for_cell(tmp_path) -> None:
    readings = PumpPlant(0, datetime(2026, 1, 29, tzinfo=UTC), pumps=3).run(24 * 4)
    file = tmp_path / "historian.csv"
    file.write_bytes(history_csv(readings))
    table = read_csv(file, CsvOptions())
    assert (table.guess.delimiter, table.guess.decimal) == (";", ",")
    temperature = next(h for h in table.header if h.startswith("Bearing temperature"))
    assert [float(cell) for cell in table.columns[temperature]] == readings.tags["bearing_temp"].tolist()


def test_live_rows_carry_the_contract_s_names() -> None:
    readings = PumpPlant(0, datetime(2026, 1, 29, tzinfo=UTC), pumps=2).run(1)
    names = {tag: tag.upper() for tag in COLUMNS} | {"product": "PRODUCT"}
    row = live_rows(readings, names)[1]
    assert row["asset"] == "pump-02"
    assert row["VIBRATION"] == pytest.approx(readings.tags["vibration"][1])
    assert set(row) == {"asset", "time", *names.values()}
