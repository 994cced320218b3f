"""Split a discrete Fourier transform into two short ones: the numbers that this takes, in double precision.

A transform of ``n = a * b`` samples is ``a``-point transforms, a turn of each result (the twiddle), and
``b``-point transforms. Each of the two is a product with a small constant matrix, which is what a processor
does best: 2,048 samples are 64 times 32, and take two matrices of 18 and 16 kB instead of one of 16 MB.

Source: Cooley & Tukey, Mathematics of Computation 19 (1965), 297-301.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
# Matrices of at most about 4 MB.
_LONGEST_FIRST, _LONGEST_SECOND = 1100, 512
# Of the second transform's matrices together, where each row has its own: 2 MB.
_LARGEST_FOLDED = 1 << 19


@dataclass(frozen=True)
class Split:
    """A transform of ``a * b`` samples of a real signal.

    Sample ``b * i + j`` stands in row ``i`` and column ``j``; the coefficient ``p + a * q`` comes to stand
    in row ``p`` and column ``q``. A real signal's rows beyond ``a // 2`` mirror those before, so only
    ``rows`` of them are computed; ``weights`` says how often each coefficient counts.
    """

    a: int
    b: int

    @property
    def length(self) -> int:
        """Return the number of samples."""
        return self.a * self.b

    @property
    def rows(self) -> int:
        """Return how many rows of coefficients there are."""
        return self.a // 2 + 1

    @property
    def folds(self) -> bool:
        """Tell whether the twiddle may be made part of the second transform, a matrix for each row."""
        return self.rows * (2 * self.b) ** 2 <= _LARGEST_FOLDED

    @cached_property
    def first(self) -> Matrix:
        """The first transform, shape ``(2 rows, a)``: real and imaginary rows by turns."""
        angle = _turns(self.rows, self.a, self.a)
        return np.stack([np.cos(angle), -np.sin(angle)], axis=1).reshape(2 * self.rows, self.a)

    @cached_property
    def turn(self) -> tuple[Matrix, Matrix]:
        """Cosine and sine of the twiddle, each of shape ``(rows, 1, b)``."""
        angle = _turns(self.rows, self.b, self.length)[:, None, :]
        return np.cos(angle), np.sin(angle)

    @cached_property
    def second(self) -> Matrix:
        """The second transform, shape ``(2 b, 2 b)``: ``[real | imaginary]`` to the same."""
        cosine, sine = self._circle
        return np.block([[cosine, -sine], [sine, cosine]])

    @cached_property
    def back_second(self) -> Matrix:
        """The inverse of the second transform, without its factor ``1 / n``."""
        cosine, sine = self._circle
        return np.block([[cosine, sine], [-sine, cosine]])

    @cached_property
    def quarter_turn(self) -> Matrix:
        """Hilbert's transform of coefficients, shape ``(2 b, 2 b)``: positive frequencies times ``-i``.

        Zero and the highest frequency of an even length are real, and made imaginary add nothing to a
        real signal, so that they need no exception.
        """
        sign = np.diag(np.where(np.arange(self.b) < self.b / 2, 1.0, -1.0))
        nothing = np.zeros_like(sign)
        return np.block([[nothing, -sign], [sign, nothing]])

    @cached_property
    def back_first(self) -> Matrix:
        """The inverse of the first transform to a real signal, with all factors, shape ``(a, 2 rows)``."""
        angle = _turns(self.a, self.rows, self.a)
        pairs = np.stack([np.cos(angle), -np.sin(angle)], axis=2) * self._counts[None, :, None]
        return pairs.reshape(self.a, 2 * self.rows) / self.length

    @cached_property
    def frequencies(self) -> Matrix:
        """The frequency of each coefficient in cycles a window, shape ``(rows, b)``."""
        number = self._number
        return np.minimum(number, self.length - number).astype(np.float64)

    @cached_property
    def weights(self) -> Matrix:
        """How many of the ``n`` coefficients each one stands for, shape ``(rows, b)``; they sum to ``n``."""
        return np.repeat(self._counts[:, None], self.b, axis=1)

    @cached_property
    def natural(self) -> NDArray[np.int64]:
        """Where the coefficients 0 to ``n // 2`` stand among the ``rows * b``, in the order of frequency."""
        wanted = np.arange(self.length // 2 + 1)
        beyond = wanted % self.a >= self.rows
        found = np.where(beyond, self.length - wanted, wanted)
        return np.asarray(found % self.a * self.b + found // self.a, np.int64)

    @property
    def _number(self) -> NDArray[np.int64]:
        return np.arange(self.rows)[:, None] + self.a * np.arange(self.b)[None, :]

    @property
    def _counts(self) -> Matrix:
        own = np.arange(self.rows)
        return np.where((own == 0) | (2 * own == self.a), 1.0, 2.0)

    @property
    def _circle(self) -> tuple[Matrix, Matrix]:
        angle = _turns(self.b, self.b, self.b)
        return np.cos(angle), np.sin(angle)


@lru_cache(maxsize=64)
def split_of(length: int) -> Split | None:
    """Return the cheapest split of a length; None where a prime factor is too large for a small matrix."""
    pairs = [(length // b, b) for b in range(1, min(length, _LONGEST_SECOND) + 1) if length % b == 0]
    fitting = [(a, b) for a, b in pairs if a <= _LONGEST_FIRST]
    if not fitting:
        return None
    # Products for each sample: 2 a in the first transform, 4 b in the second.
    return Split(*min(fitting, key=lambda pair: 2 * pair[0] + 4 * pair[1]))


def nearest_length(length: int) -> int:
    """Return the greatest length up to this one that can be split."""
    return next((n for n in range(length, 0, -1) if split_of(n) is not None), 1)


def _turns(rows: int, columns: int, whole: int) -> Matrix:
    # Whole turns are taken off in integers, so that the angles stay exact.
    product = np.outer(np.arange(rows), np.arange(columns)) % whole
    angle: Matrix = 2 * np.pi * product / whole
    return angle
