"""A waveform with the rate of a draft is named where its frequencies are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from andamio.cli.application import run
from andamio.contracts import parse_contract
from andamio.features.untold import untold_rates

CONTRACT = """
[model]
kind = "regression"
data = "pumps"
target = "life"

[operation]
owner = "maintenance"

[input.vib]
type = "waveform"
unit = "g"
rate_hz = {rate}
length = {length}

[input.shaft]
type = "number"
unit = "Hz"

[features]
{features}

[output.life]
"""
BEARING = 'outer = "band_energy(envelope(vib), 3.585 * shaft, width=0.1)"'


@pytest.mark.parametrize(
    ("rate", "length", "features", "named"),
    [
        (1, 2048, BEARING, True),
        (1.0, 2048, 'middle = "spectral_centroid(vib)"', True),
        (12000, 2048, BEARING, False),
        (1, 2048, 'size = "rms(vib)"', False),
        (1, 2048, "", True),
        (1, 32, "", False),
    ],
)
def test_the_rate_of_a_draft_is_doubted_where_a_feature_reads_frequencies(
    rate: float, length: int, features: str, named: bool
) -> None:
    text = CONTRACT.format(rate=rate, length=length, features=features)
    found = untold_rates(parse_contract(text, name="pump", file="models/pump.toml"))
    assert found == (("vib",) if named else ())


def test_contract_check_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANDAMIO_LANG", "en")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "pump.toml"
    for rate, said in ((1, True), (12000, False)):
        file.write_text(CONTRACT.format(rate=rate, length=2048, features=BEARING))
        assert run(["contract", "check", str(file)]) == 0
        assert ("every frequency of it is wrong" in capsys.readouterr().out) is said
