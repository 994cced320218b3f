"""Inside a signal, the stretch and the band that made the difference are found, and their parts add up."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Graph, GraphInfo, Outputs
from andamio.contracts import Input, Rows, Signal, TagType
from andamio.explanations import Contribution, Explanation, inside_words, worded
from andamio.explanations.coalitions import Aim
from andamio.explanations.inside import Inside, Part, look_inside
from andamio.explanations.shapley import Shares
from andamio.explanations.usual import Usual

LENGTH, RATE = 256, 1024.0
INFO = GraphInfo(kind="regression", numbers=("v",), signals=("v",), samples=(LENGTH,))
MOMENTS = np.arange(LENGTH) / RATE


class Measuring:
    """Stands for a graph whose answer is the power near 200 Hz, or that of the samples 64 to 96."""

    info = INFO

    def __init__(self, what: str) -> None:
        self.what = what

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        assert not features
        samples = cast("NDArray[np.float32]", rows.signals).astype(np.float64)
        assert (rows.numbers[:, 0] == samples[:, -1].astype(np.float32)).all()
        if self.what == "band":
            value = (np.abs(np.fft.rfft(samples, axis=1))[:, 48:53] ** 2).sum(axis=1)
        else:
            value = (samples[:, 64:96] ** 2).sum(axis=1)
        return Outputs(value=value.astype(np.float32))


def rows_of(samples: NDArray[np.float64]) -> Rows:
    table = samples.astype(np.float32)
    n = len(table)
    return Rows(table[:, -1:], np.empty((n, 0), object), [None] * n, [None] * n, [()] * n, table)


def looked(what: str, own: NDArray[np.float64], rate: float | None = RATE) -> tuple[list[object], float]:
    quiet = np.random.default_rng(1).standard_normal((5, LENGTH)) * 0.1
    signal = Signal(name="v", tag="v", length=LENGTH, rate_hz=rate)
    graph = cast("Graph", Measuring(what))
    row, background = rows_of(own[None]), rows_of(quiet)
    found = look_inside(graph, row, background, Aim(None, 0), signal)
    change = graph.run(row, features=False).value[0] - graph.run(background, features=False).value.mean()  # type: ignore[index,union-attr]
    return cast("list[object]", found), float(change)


def test_the_band_of_a_tone_is_found() -> None:
    found, change = looked("band", np.sin(2 * np.pi * 200 * MOMENTS))
    bands = found[1]
    assert bands.axis == "hertz"  # type: ignore[attr-defined]
    assert bands.largest.low <= 200 <= bands.largest.high  # type: ignore[attr-defined]
    np.testing.assert_allclose(sum(part.amount for part in bands.parts), change, rtol=1e-4)  # type: ignore[attr-defined]
    assert bands.parts[-1].high == RATE / 2  # type: ignore[attr-defined]


def test_the_stretch_of_a_knock_is_found() -> None:
    knock = np.zeros(LENGTH)
    knock[70:90] = 3.0
    found, change = looked("stretch", knock)
    stretches = found[0]
    assert stretches.axis == "seconds"  # type: ignore[attr-defined]
    assert (stretches.largest.low, stretches.largest.high) == (64 / RATE, 96 / RATE)  # type: ignore[attr-defined]
    np.testing.assert_allclose(sum(part.amount for part in stretches.parts), change, rtol=1e-4)  # type: ignore[attr-defined]


def test_a_window_without_a_rate_has_stretches_only() -> None:
    found, _ = looked("stretch", np.ones(LENGTH), rate=None)
    assert [one.axis for one in found] == ["samples"]  # type: ignore[attr-defined]


def test_a_signal_that_lacks_samples_is_not_looked_into() -> None:
    holed = np.ones(LENGTH)
    holed[3] = np.nan
    assert looked("stretch", holed)[0] == []


def test_what_lies_inside_is_said_in_the_reader_s_units() -> None:
    def told(axis: str, high: float) -> str | None:
        parts = [Part(high * k / 4, high * (k + 1) / 4, 5.0 if k == 3 else 0.0) for k in range(4)]
        contribution = Contribution(Input(name="v", type=TagType.NUMBER, column="v"), 1.0, 5.0, None, Usual())
        shares = Shares(0.0, np.array([5.0]), None, exact=True, background=1, asked=1, cut=False)
        whole = Explanation(None, "degC", 5.0, 0.0, [contribution], shares, "training")
        return inside_words(Inside("v", axis, parts), worded(whole).scale)  # type: ignore[arg-type]

    assert told("hertz", 4000.0) == "in v, most of it (+5.0 °C) lies at 3,000–4,000 Hz"
    assert told("seconds", 0.1) == "in v, most of it (+5.0 °C) lies 0.075–0.100 s after its beginning"
    assert told("seconds", 14_400.0) == "in v, most of it (+5.0 °C) lies 180–240 min after its beginning"
    assert told("seconds", 172_800.0) == "in v, most of it (+5.0 °C) lies 36–48 h after its beginning"
    assert told("samples", 24.0) == "in the window of v, most of it (+5.0 °C) lies at samples 19–24"


def test_nothing_is_said_where_no_part_made_most_of_the_difference() -> None:
    contribution = Contribution(Input(name="v", type=TagType.NUMBER, column="v"), 1.0, 8.0, None, Usual())
    shares = Shares(0.0, np.array([8.0]), None, exact=True, background=1, asked=1, cut=False)
    whole = Explanation(None, None, 8.0, 0.0, [contribution], shares, "training")
    even = Inside("v", "seconds", [Part(float(k), k + 1.0, 2.0) for k in range(4)])
    assert inside_words(even, worded(whole).scale) is None
