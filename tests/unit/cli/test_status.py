"""What ``andamio status`` says of a measure."""

from __future__ import annotations

import pytest

from andamio.cli.output import Output
from andamio.cli.status import tell_measure
from andamio.language import speak
from andamio.monitoring.performance import Measured


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "recall (events caught): 0.275, 95 % interval 0.163 to 0.43, of 40 rows"),
        ("es", "recall (eventos detectados): 0,275, intervalo del 95 % 0,163 a 0,43, de 40 filas"),
    ],
)
def test_a_measure_is_told_as_the_language_writes_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    with speak(language):
        tell_measure(Output(json=False), Measured("recall", 0.27512, 0.163, 0.43, 40))
    assert capsys.readouterr().out.strip() == said
