"""OpenVINO, where it is installed: it answers as the bundle does, or says what it does not know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from andamio.errors import ExportRefused, MissingExtra
from andamio.exports import export_bundle

from .conftest import Make

MADE = Path(__file__).parents[3] / ".venv-openvino" / "bin" / "python"
WAVES = '\n[features]\nr = "rms(vibration)"\nb = "band_energy(vibration, 100, width=20)"\n'


@pytest.fixture
def openvino(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lend this process the packages of OpenVINO's own environment, behind its own."""
    python = Path(os.environ.get("ANDAMIO_OPENVINO_PYTHON") or MADE)
    if not python.is_file():
        pytest.skip(f"OpenVINO is not installed at {python}; make openvino installs it")
    asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=True)
    monkeypatch.setattr(sys, "path", [*sys.path, told.stdout.strip()])


@pytest.mark.usefixtures("openvino")
@pytest.mark.parametrize(
    ("model", "waves"),
    [
        ("linear", False),
        ("isotonic", False),
        ("anomaly", False),
        ("curved", False),
        ("kernel", False),
        ("linear", True),
    ],
)
def test_it_answers_as_the_bundle_does(bundle_of: Make, tmp_path: Path, model: str, waves: bool) -> None:
    bundle = bundle_of(model, waves=waves, features=WAVES if waves else None)
    exported = export_bundle(bundle, "press-1@1", "openvino", tmp_path / "out")
    facts = json.loads((exported.folder / "export.json").read_text())
    assert facts["parity"]["passed"]
    assert facts["parity"]["decision_flips"] == 0
    assert set(facts["files"]) == {"model.xml", "model.bin"}
    assert facts["made_with"]["openvino"]


@pytest.mark.usefixtures("openvino")
@pytest.mark.parametrize(
    ("model", "operator"), [("forest", "TreeEnsembleRegressor"), ("linear", "LabelEncoder")]
)
def test_what_it_does_not_know_is_named(bundle_of: Make, tmp_path: Path, model: str, operator: str) -> None:
    with pytest.raises(ExportRefused) as refused:
        export_bundle(
            bundle_of(model, categories=model == "linear"), "press-1@1", "openvino", tmp_path / "out"
        )
    assert operator in str(refused.value.why)
    assert not (tmp_path / "out").exists()


def test_without_it_the_extra_is_named(
    bundle_of: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtra) as refused:
        export_bundle(bundle_of("linear"), "press-1@1", "openvino", tmp_path / "out")
    assert "[openvino]" in str(refused.value.fix)
