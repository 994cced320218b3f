"""A plant's folder, and the ways a spreadsheet mangles numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from andamio.data import Datasets

Mangler = Callable[[str], str]


@pytest.fixture
def datasets(tmp_path: Path) -> Datasets:
    folder = tmp_path / "plant"
    folder.mkdir()
    return Datasets(folder, time_zone="America/Bogota")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV file from columns of cells."""

    def written(
        columns: Mapping[str, Sequence[object]], name: str = "history.csv", delimiter: str = ";"
    ) -> Path:
        lines: Iterable[Sequence[object]] = [list(columns), *zip(*columns.values(), strict=True)]
        file = tmp_path / name
        file.write_text("".join(";".join(map(str, line)) + "\n" for line in lines), encoding="utf-8")
        return file

    return written
