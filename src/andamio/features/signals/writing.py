"""Write what is taken from signals as nodes, signals that are asked the same side by side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.contracts.signal import Signal
from andamio.features.signals.following import next_stack
from andamio.features.signals.holes import filled
from andamio.features.signals.moments import MOMENTS
from andamio.features.signals.spectra import Spectrum, amplitude, peaks, spread
from andamio.features.signals.stacks import Number, Stack, along, as_var, axes, flat, number
from andamio.features.terms import Constant, Step, Taken, Term

# A block of results, shape (rows, width), and which of the terms each of its columns holds.
Block = tuple[Var, Sequence[Taken]]
# What is asked of one signal: the steps to another one, and what is taken from that.
Asked = tuple[tuple[Step, ...], Step]


@dataclass(slots=True)
class Signals:
    """The signals of a graph; ``number_of`` gives the column of a term, float32 ``(rows, 1)``.

    Attributes:
        packed: The graph's third input, ``(rows, samples of all signals)``.
        signals: Where each one lies.
        imputed: The names of those whose missing samples are filled.
    """

    packed: Var
    signals: Sequence[Signal]
    imputed: Collection[str] = frozenset()
    _stacks: dict[tuple[str, ...], dict[tuple[Step, ...], Stack]] = field(default_factory=dict)
    _group: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def prepare(self, taken: Iterable[Taken]) -> None:
        """Group the signals: those of one length and rate that are asked the same are one stack."""
        asked: dict[str, set[Asked]] = {}
        for term in taken:
            asked.setdefault(term.series.signal, set()).add((term.series.steps, term.step))
        groups: dict[object, list[Signal]] = {}
        for signal in self.signals:
            if signal.name in asked:
                alike = (
                    signal.length,
                    signal.rate_hz,
                    signal.name in self.imputed,
                    frozenset(asked[signal.name]),
                )
                groups.setdefault(alike, []).append(signal)
        for group in groups.values():
            names = tuple(signal.name for signal in group)
            self._group |= dict.fromkeys(names, names)
            self._stacks[names] = {(): self._enter(group)}

    def take(self, taken: Sequence[Taken], number_of: Callable[[Term], Var]) -> list[Block]:
        """Write terms whose numbers are known, and give them back in blocks."""
        asked: dict[tuple[tuple[str, ...], tuple[Step, ...], Step], dict[str, Taken]] = {}
        for term in taken:
            key = (self._group[term.series.signal], term.series.steps, term.step)
            asked.setdefault(key, {})[term.series.signal] = term
        blocks: list[Block] = []
        together: dict[tuple[Stack, str, bool], list[tuple[Step, list[Taken]]]] = {}
        for (names, steps, step), found in asked.items():
            stack = self._stack(names, steps, number_of)
            terms = [found[name] for name in names]
            if step.name == "band":
                fixed = all(isinstance(end, Constant) for end in step.numbers)
                together.setdefault((stack, str(step.settings[0]), fixed), []).append((step, terms))
            else:
                blocks.append((_taken(stack, step, _numbers(step, number_of)), terms))
        for (stack, window, fixed), bands in together.items():
            spectrum = Spectrum(stack, window)
            blocks += _fixed(spectrum, bands) if fixed else _following(spectrum, bands, number_of)
        return blocks

    def channels(self, names: Sequence[str]) -> Var:
        """Return the samples of signals of one length, ``(rows, len(names), samples)``, holes filled."""
        each = [
            self._enter([signal]).samples for name in names for signal in self.signals if signal.name == name
        ]
        return each[0] if len(each) == 1 else op.concat(each, axis=1)

    def length_of(self, name: str) -> int:
        """Return the samples of a signal."""
        return next(signal.length for signal in self.signals if signal.name == name)

    def _enter(self, group: Sequence[Signal]) -> Stack:
        first, last, length = group[0], group[-1], group[0].length
        if last.start + length - first.start == len(group) * length:
            samples = self._columns(first.start, last.start + length)
        else:
            samples = op.concat([self._columns(s.start, s.start + length) for s in group], axis=1)
        samples = op.reshape(samples, axes(-1, len(group), length))
        if first.name in self.imputed:
            samples = filled(samples, length)
        return Stack(samples, len(group), length, first.rate_hz)

    def _columns(self, start: int, end: int) -> Var:
        if (start, end) == (0, sum(signal.length for signal in self.signals)):
            return self.packed
        return op.slice(self.packed, axes(start), axes(end), axes(1))

    def _stack(
        self, names: tuple[str, ...], steps: tuple[Step, ...], number_of: Callable[[Term], Var]
    ) -> Stack:
        known = self._stacks[names]
        if steps not in known:
            before = self._stack(names, steps[:-1], number_of)
            known[steps] = next_stack(before, steps[-1], _numbers(steps[-1], number_of))
        return known[steps]


def _numbers(step: Step, number_of: Callable[[Term], Var]) -> list[Number]:
    return [
        term.value if isinstance(term, Constant) else op.reshape(number_of(term), axes(-1, 1, 1))
        for term in step.numbers
    ]


def _taken(stack: Stack, step: Step, numbers: Sequence[Number]) -> Var:
    if step.name in MOMENTS:
        return stack.once(step, lambda: MOMENTS[step.name](stack, step))
    spectrum = Spectrum(stack, str(step.settings[0]))
    match step.name:
        case "amplitude":
            return amplitude(spectrum, *numbers)
        case "spectral_spread":
            return spread(spectrum, 2)
        case "spectral_kurtosis":
            return spread(spectrum, 4)
        case "rahmonic":
            return _rahmonic(stack, spectrum, numbers[0])
        case "peak_frequency" | "peak_amplitude":
            nth = int(step.settings[1])
            both = stack.once(("peaks", step.numbers, step.settings), lambda: _peaks(spectrum, numbers, nth))
            column = 0 if step.name == "peak_frequency" else 1
            return flat(op.gather(both, axes(column), axis=0), stack.many)
    raise KeyError(step.name)


def _peaks(spectrum: Spectrum, numbers: Sequence[Number], nth: int) -> Var:
    frequency, height = peaks(spectrum, numbers[0], numbers[1], nth)
    return op.concat([op.unsqueeze(frequency, axes(0)), op.unsqueeze(height, axes(0))], axis=0)


def _rahmonic(stack: Stack, spectrum: Spectrum, hertz: Number) -> Var:
    """Read the cepstrum at the quefrency ``1 / hertz``, between two samples in proportion."""
    step = Step("cepstrum", (), (spectrum.window,))
    samples = stack.once(step, lambda: next_stack(stack, step, ()).samples)
    place = op.div(number(spectrum.rate_hz), as_var(hertz))
    each = along(np.arange(stack.length // 2 + 1, dtype=np.float64))
    near = op.relu(op.sub(number(1.0), op.abs(op.sub(each, place))))
    value = op.matmul(samples, op.reshape(near, axes(-1, stack.length // 2 + 1, 1)))
    inside = op.and_(
        op.less_or_equal(place, number(stack.length / 2)), op.greater_or_equal(place, number(0.0))
    )
    return flat(op.where(inside, value, number(float("nan"))), stack.many)


def _fixed(spectrum: Spectrum, bands: Sequence[tuple[Step, list[Taken]]]) -> list[Block]:
    """Write all bands whose ends are known beforehand as one product."""
    asked = [
        (*(end.value for end in step.numbers if isinstance(end, Constant)), float(step.settings[1]))
        for step, _ in bands
    ]
    summed = spectrum.sums([(low, high, exponent) for low, high, exponent in asked])
    return [(summed, [terms[place] for place in range(spectrum.stack.many) for _, terms in bands])]


def _following(
    spectrum: Spectrum, bands: Sequence[tuple[Step, list[Taken]]], number_of: Callable[[Term], Var]
) -> list[Block]:
    """Write the bands whose ends differ from row to row, those of one exponent together."""
    exponents: dict[float, list[tuple[Step, list[Taken]]]] = {}
    for step, terms in bands:
        exponents.setdefault(float(step.settings[1]), []).append((step, terms))
    blocks: list[Block] = []
    for exponent, alike in exponents.items():
        lows, highs = (
            op.concat([_column(step.numbers[end], step.numbers, number_of) for step, _ in alike], axis=1)
            for end in (0, 1)
        )
        summed = spectrum.following_sums(lows, highs, exponent)
        many = spectrum.stack.many
        ordered = [terms[place] for place in range(many) for _, terms in alike]
        blocks.append((flat(summed, many * len(alike)), ordered))
    return blocks


def _column(end: Term, ends: Sequence[Term], number_of: Callable[[Term], Var]) -> Var:
    """Return one end of a band as a column, also where only the other end differs from row to row."""
    if not isinstance(end, Constant):
        return number_of(end)
    other = next(number_of(term) for term in ends if not isinstance(term, Constant))
    return op.add(op.mul(other, number(0.0)), number(end.value))
