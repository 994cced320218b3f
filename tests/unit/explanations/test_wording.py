"""What a person reads: figures as exact as they deserve, what is usual, in two languages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from andamio.contracts import Input, TagType
from andamio.explanations import Contribution, Explanation, explanation_data, worded
from andamio.explanations.figures import share
from andamio.explanations.shapley import Shares
from andamio.explanations.usual import Usual
from andamio.language.speech import speak

TEMP = Input(name="bearing_temp", type=TagType.NUMBER, column="t", unit="degC")
COUNT = Input(name="starts", type=TagType.INTEGER, column="s")
IDLE = Input(name="idle", type=TagType.BOOLEAN, column="i")
PRODUCT = Input(name="product", type=TagType.CATEGORY, column="p", values=("H", "L"))
WARM = Usual(60.2, 69.8, 0.02)


def one(tag: Input, value: Any, amount: float, usual: Usual) -> Contribution:
    return Contribution(tag, value, amount, 0.0, usual)


def of(*contributions: Contribution, label: str | None = "failure", unit: str | None = None) -> Explanation:
    total = sum(found.amount for found in contributions)
    shares = Shares(0.08, np.zeros(1), None, exact=True, background=1, asked=1, cut=False)
    return Explanation(label, unit, 0.08 + total, 0.08, contributions, shares, "training")


def sentence(language: str, *contributions: Contribution, **more: Any) -> str:
    with speak(language):
        return worded(of(*contributions, **more)).sentences()[0]


CASES = [
    (one(TEMP, 91.04, 0.14, Usual(60.0, 70.0, 0.0)),
     "+14 % because bearing_temp is 91 °C, usually 60–70 °C",
     "+14 % porque bearing_temp es 91 °C, normalmente 60–70 °C"),
    (one(TEMP, 60.57, -0.034, Usual(60.1, 63.4, 0.0)),
     "−3.4 % because bearing_temp is 60.6 °C, usually 60.1–63.4 °C",
     "−3,4 % porque bearing_temp es 60,6 °C, normalmente 60,1–63,4 °C"),
    (one(TEMP, -12.0, 0.5, Usual(-5.0, 30.0, 0.0)),
     "+50 % because bearing_temp is −12 °C, usually −5 to 30 °C",
     "+50 % porque bearing_temp es −12 °C, normalmente −5 a 30 °C"),
    (one(TEMP, 91.0, 0.14, Usual(80.0, 80.0, 0.0)),
     "+14 % because bearing_temp is 91 °C, usually 80 °C",
     "+14 % porque bearing_temp es 91 °C, normalmente 80 °C"),
    (one(TEMP, None, 0.14, Usual(60.0, 70.0, 0.021)),
     "+14 % because bearing_temp is missing, as in 2 % of its training; usually 60–70 °C",
     "+14 % porque falta bearing_temp, como en el 2 % de su entrenamiento; normalmente 60–70 °C"),
    (one(TEMP, -1.25, 0.14, Usual()),
     "+14 % because bearing_temp is −1.25 °C",
     "+14 % porque bearing_temp es −1,25 °C"),
    (one(TEMP, None, 0.14, Usual()),
     "+14 % because bearing_temp is missing",
     "+14 % porque falta bearing_temp"),
    (one(COUNT, 1250, 0.14, Usual(0.0, 3.0, 0.0)),
     "+14 % because starts is 1,250, usually 0–3",
     "+14 % porque starts es 1.250, normalmente 0–3"),
    (one(PRODUCT, "L", 0.14, Usual(missing=0.0, shares={"H": 0.4, "L": 0.6})),
     "+14 % because product is «L», as in 60 % of its training",
     "+14 % porque product es «L», como en el 60 % de su entrenamiento"),
    (one(PRODUCT, "Z", 0.14, Usual(missing=0.0, shares={"H": 0.4, "L": 0.6})),
     "+14 % because product is «Z», which the contract does not name",
     "+14 % porque product es «Z», que el contrato no nombra"),
    (one(PRODUCT, None, 0.14, Usual(missing=0.005, shares={"H": 0.4, "L": 0.595})),
     "+14 % because product is missing, as in 0.5 % of its training",
     "+14 % porque falta product, como en el 0,5 % de su entrenamiento"),
    (one(PRODUCT, "H", 0.14, Usual(missing=0.0, shares={"H": 0.0, "L": 1.0})),
     "+14 % because product is «H», as never in its training",
     "+14 % porque product es «H», como nunca en su entrenamiento"),
    (one(TEMP, None, 0.14, Usual(60.0, 70.0, 0.0)),
     "+14 % because bearing_temp is missing, as never in its training; usually 60–70 °C",
     "+14 % porque falta bearing_temp, como nunca en su entrenamiento; normalmente 60–70 °C"),
    (one(IDLE, "true", 0.14, Usual(missing=0.0, shares={"true": 0.25, "false": 0.75})),
     "+14 % because idle is true, as in 25 % of its training",
     "+14 % porque idle es verdadero, como en el 25 % de su entrenamiento"),
]  # fmt: skip


@pytest.mark.parametrize(("contribution", "english", "spanish"), CASES, ids=[case[1] for case in CASES])
def test_the_sentence_of_a_contribution(contribution: Contribution, english: str, spanish: str) -> None:
    assert sentence("en", contribution) == english
    assert sentence("es", contribution) == spanish


def test_a_number_is_explained_in_its_own_unit() -> None:
    warm = one(TEMP, 91.0, 3.21, Usual(60.0, 70.0, 0.0))
    assert sentence("en", warm, label=None, unit="bar") == (
        "+3.2 bar because bearing_temp is 91 °C, usually 60–70 °C"
    )
    assert sentence("en", warm, label=None) == "+3.2 because bearing_temp is 91 °C, usually 60–70 °C"


def test_all_amounts_have_the_decimals_of_the_largest_and_what_rounds_to_zero_is_counted() -> None:
    with speak("en"):
        words = worded(
            of(one(TEMP, 91.0, 0.381, WARM), one(COUNT, 1, -0.026, WARM), one(IDLE, "true", 0.0004, WARM))
        )
    assert words.changes == ["+38 %", "−3 %", "0 %"]
    assert words.told == 2
    assert (words.base, words.value) == ("8 %", "44 %")


@pytest.mark.parametrize(
    ("part", "told"), [(0.6, "60 %"), (0.004, "0.4 %"), (0.0004, "<0.1 %"), (0.0, "0 %"), (1.0, "100 %")]
)
def test_a_share_of_the_rows(part: float, told: str) -> None:
    with speak("en"):
        assert share(part) == told


@pytest.mark.parametrize(("error", "told"), [(0.0042, "0.5 %"), (0.00021, "0.03 %"), (0.031, "4 %")])
def test_how_far_off_is_rounded_up_to_one_figure(error: float, told: str) -> None:
    with speak("en"):
        assert worded(of(one(TEMP, 91.0, 0.3, WARM))).error(error) == told


def test_a_program_gets_the_numbers_beside_the_sentences() -> None:
    with speak("en"):
        told = explanation_data(of(one(TEMP, 91.0, 0.14, Usual(60.0, 70.0, 0.0))))
    assert told["of"] == "probability"
    assert told["contributions"][0] == {
        "tag": "bearing_temp", "value": 91.0, "unit": "degC", "usual": [60.0, 70.0], "contribution": 0.14,
        "error": 0.0, "words": "+14 % because bearing_temp is 91 °C, usually 60–70 °C",
    }  # fmt: skip
    assert told["method"]["name"] == "all coalitions"


def test_what_is_no_number_has_no_figure() -> None:
    assert sentence("en", one(TEMP, 91.0, float("nan"), Usual())).startswith("– % because")
