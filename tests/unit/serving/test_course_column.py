"""The smoothed remaining life stands beside the answers of a file, where somebody keeps the courses."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.bundles import Outputs
from andamio.contracts import Rows
from andamio.serving.batch.targets import CsvTarget
from andamio.serving.scorer import Block


class Answering:
    """A scorer as far as a file of answers asks it."""

    def columns(self, block: Block) -> dict[str, Any]:
        return {"id": list(block.ids), "value": np.asarray(block.outputs.value)}


@pytest.mark.parametrize("course", [None, [40.0, 37.5]])
def test_the_course_is_the_last_column_of_a_csv(tmp_path: Path, course: list[float] | None) -> None:
    rows = Rows(np.zeros((2, 1), np.float32), np.empty((2, 0), object), ["a", "a"], ["1", "2"], [(), ()])
    target = CsvTarget(tmp_path / "answers.csv")
    outputs = Outputs(value=np.array([40.0, 44.0], np.float32))
    target.add([1, 2], Answering(), Block(rows, ["p", "q"], outputs, course))  # type: ignore[arg-type]
    target.make_durable()
    target.publish()
    with (tmp_path / "answers.csv").open(encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [line["value"] for line in read] == ["40.0", "44.0"]
    assert [line.get("course") for line in read] == ([None] * 2 if course is None else ["40.0", "37.5"])
