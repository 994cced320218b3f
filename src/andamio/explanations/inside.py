"""Look inside a signal: which stretch of time, and which band of frequencies, made the difference.

The parts of one signal are the players now, and all other tags keep their own values. Stretches swap their
samples with a background row's; bands swap their part of the spectrum, so that both kinds of part add up to
what the whole signal changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.contracts import Rows, Signal
from andamio.explanations.coalitions import Aim
from andamio.explanations.levelling import Asked
from andamio.explanations.shapley import exact_shares

PARTS = 8
_BACKGROUND = 16
_Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch or band of a signal.

    Attributes:
        low: Where it begins: seconds or samples from the signal's beginning, or hertz.
        high: Where it ends.
        amount: What it changed, in the unit of what is explained.
    """

    low: float
    high: float
    amount: float


@dataclass(frozen=True, slots=True)
class Inside:
    """The parts of one signal, in their order.

    Attributes:
        tag: Whose signal.
        axis: "seconds", "samples", or "hertz".
        parts: They add up to what the signal as a whole changes while all other tags keep their values.
    """

    tag: str
    axis: Literal["seconds", "samples", "hertz"]
    parts: Sequence[Part]

    @property
    def largest(self) -> Part:
        """The part that changed most."""
        return max(self.parts, key=lambda part: abs(part.amount))


def look_inside(graph: Asked, row: Rows, background: Rows, aim: Aim, signal: Signal) -> list[Inside]:
    """Share out what a signal changes among its stretches, and, at a known rate, among its bands.

    Args:
        graph: From raw tags to answers.
        row: One row, its signal complete.
        background: Rows with the signal, complete in at least one.
        aim: The number that is explained.
        signal: Which one.

    Returns:
        Nothing where samples are missing.
    """
    if row.signals is None or background.signals is None:
        return []
    own = row.signals[0, signal.columns].astype(np.float64)
    others = background.signals[:, signal.columns].astype(np.float64)
    others = others[np.isfinite(others).all(axis=1)][:_BACKGROUND]
    if not np.isfinite(own).all() or not len(others):
        return []

    def shared(cut: Callable[[_Samples], _Samples]) -> list[float]:
        mine, theirs = cut(own[None])[0], cut(others)

        def game(masks: NDArray[np.bool_], which: NDArray[np.intp]) -> NDArray[np.float64]:
            chosen = np.where(masks[:, :, None], mine, theirs[which]).sum(axis=1)
            return aim.read(graph.run(_with_signal(row, signal, chosen, graph), features=False))

        return [float(part) for part in exact_shares(game, len(mine), len(others)).parts]

    edges = np.linspace(0, signal.length, min(PARTS, signal.length) + 1).astype(np.int64)
    scale = 1.0 if signal.rate_hz is None else 1.0 / signal.rate_hz
    stretches = _parts(edges * scale, shared(lambda samples: _stretches(samples, edges)))
    found = [Inside(signal.tag, "samples" if signal.rate_hz is None else "seconds", stretches)]
    if signal.rate_hz is not None and signal.length >= 4 * PARTS:
        places = np.linspace(0, signal.length // 2 + 1, PARTS + 1).astype(np.int64)
        hertz = np.minimum(places * signal.rate_hz / signal.length, signal.rate_hz / 2)
        found.append(
            Inside(signal.tag, "hertz", _parts(hertz, shared(lambda samples: _bands(samples, places))))
        )
    return found


def _parts(edges: NDArray[np.floating], amounts: Sequence[float]) -> list[Part]:
    return [
        Part(float(low), float(high), amount)
        for low, high, amount in zip(edges[:-1], edges[1:], amounts, strict=True)
    ]


def _stretches(samples: _Samples, edges: NDArray[np.int64]) -> _Samples:
    """Cut signals in time, shape ``(rows, parts, samples)``; the parts add up to the signal."""
    places = np.arange(samples.shape[1])
    return np.stack(
        [np.where((places >= low) & (places < high), samples, 0.0) for low, high in pairwise(edges)], axis=1
    )


def _bands(samples: _Samples, places: NDArray[np.int64]) -> _Samples:
    """Cut signals by frequency, shape ``(rows, parts, samples)``; the parts add up to the signal."""
    spectrum = np.fft.rfft(samples, axis=1)
    bands = []
    for low, high in pairwise(places):
        kept = np.zeros_like(spectrum)
        kept[:, low:high] = spectrum[:, low:high]
        bands.append(np.fft.irfft(kept, samples.shape[1], axis=1))
    return np.stack(bands, axis=1)


def _with_signal(row: Rows, signal: Signal, samples: _Samples, graph: Asked) -> Rows:
    """Repeat a row with other samples of one signal; the last one is also its number's latest value."""
    count = len(samples)
    numbers = np.tile(row.numbers, (count, 1))
    signals = np.tile(row.signals if row.signals is not None else np.empty((1, 0), np.float32), (count, 1))
    signals[:, signal.columns] = samples
    if signal.name in graph.info.numbers:
        numbers[:, graph.info.numbers.index(signal.name)] = samples[:, -1]
    return structs.replace(
        row, numbers=numbers, categories=np.tile(row.categories, (count, 1)), signals=signals,
        assets=(), times=(), flags=(),
    )  # fmt: skip
