"""The room's door: what it exports exists, and checking an expression loads no ONNX library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from andamio import features

SOURCE = Path(__file__).parents[3] / "src"


def test_every_exported_name_is_there() -> None:
    assert [name for name in features.__all__ if not hasattr(features, name)] == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        features.nothing  # noqa: B018  the access is the test


def test_checking_expressions_loads_neither_onnx_nor_its_runtime() -> None:
    program = "import sys, andamio.features; print({'onnx', 'spox', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert done.stdout.strip() == "set()"
