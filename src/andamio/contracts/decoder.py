"""Compile a contract to a decoder: a good row passes once through C and lies in the graph's tensors."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.judgement import LARGEST
from andamio.contracts.rows import Rows
from andamio.contracts.table import BadCell
from andamio.contracts.validator import RowValidator, open_body
from andamio.contracts.watch import Watch

_NO_TEXTS = np.empty((1, 0), object)


class Opened(Protocol):
    """A body whose rows have the types and ranges of the contract: one row, or several, never both."""

    row: Any
    rows: Any
    units: Any


class RowDecoder:
    """Decodes the native body, ``{"row": {TAG: value}}`` or ``{"rows": [...], "units": {TAG: unit}}``.

    A body whose rows all fit is decoded, type-checked and range-checked in one pass. Any other goes to the
    complete validator, which knows every fault, and which accepts the few spellings that the fast type does
    not (5.0 for a whole number, 5 for the category "5").
    """

    def __init__(self, contract: Contract, *, label: str | None = None) -> None:
        self.contract = contract
        self._validator = RowValidator(contract, label=label)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_body_type(contract))
        self._width, self._categories = len(contract.numbers), len(contract.categories)
        self._signals = contract.signals
        self._watch = Watch(contract)
        self._windowed = _windowed(contract)

    def decode(self, body: bytes) -> Rows:
        """Decode a body.

        Raises:
            BodyRefused: The body is not JSON, or not of the form.
            RowsRejected: With the faults of every bad row.
        """
        return self.rows(self.open(body), body)

    def bad_cells(self, body: bytes) -> Sequence[BadCell]:
        """Find every fault of every row of a body, without a word written yet; none if it decodes fast.

        Raises:
            BodyRefused: The body is not JSON, or not of the form.
        """
        return (
            []
            if self._laid_out(self.open(body)) is not None
            else self._validator.bad_cells(open_body(body)[0])
        )

    def open(self, body: bytes) -> Opened | None:
        """Decode a body, its types and its ranges; None for a body that the complete validator has to see."""
        try:
            opened: Opened = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if opened.units is not None or (opened.row is None) == (opened.rows is None):
            return None
        return opened

    def rows(self, opened: Opened | None, body: bytes) -> Rows:
        """Lay out what ``open`` made of a body.

        Raises:
            BodyRefused: The body is not JSON, or not of the form.
            RowsRejected: With the faults of every bad row.
        """
        found = self._laid_out(opened)
        return self._validator.validate(body) if found is None else found

    def single(self, opened: Opened | None) -> msgspec.Struct | None:
        """Return the row of a body that has one row, and a good one; it may be laid out with others."""
        if opened is None or opened.row is None:
            return None
        row: msgspec.Struct = opened.row
        if self._watch.knows_whole_numbers and self._watch.has_fraction(astuple(row)):
            return None
        return row

    def together(self, singles: Sequence[msgspec.Struct]) -> Rows:
        """Lay out the single rows of several bodies.

        Raises:
            ValueError: One of them was not a good row.
        """
        found = self._one(astuple(singles[0])) if len(singles) == 1 else self._many(singles)
        if found is None:
            raise ValueError("a row that single() does not return")
        return found

    def _laid_out(self, opened: Opened | None) -> Rows | None:
        if opened is None:
            return None
        return self._one(astuple(opened.row)) if opened.rows is None else self._many(opened.rows)

    def _one(self, sent: tuple[Any, ...]) -> Rows | None:
        listed = None
        if self._windowed:
            sent, listed = self._apart(sent)
        numbers = sent[: self._width]
        texts = sent[self._width : self._width + self._categories]
        if self._watch.knows_whole_numbers and self._watch.has_fraction(numbers):
            return None
        categories = _NO_TEXTS
        if texts:
            categories = np.empty((1, self._categories), object)
            categories[0] = texts
        flags = [self._watch.flags_of_one(numbers, texts)]
        signals = self._samples([sent], listed) if self._signals else None
        if signals is not None:
            flags = self._watch.with_signal_flags(flags, signals)
        return Rows(
            np.array([numbers], np.float32),
            categories,
            [sent[-2] or None],
            [sent[-1] or None],
            flags,
            signals,
        )

    def _many(self, frames: Sequence[msgspec.Struct]) -> Rows | None:
        if not frames:
            return None
        count, width, stride = len(frames), self._width, self._width + self._categories + 2
        sent: Iterable[tuple[Any, ...]] = map(astuple, frames)
        signals = None
        if self._signals:
            sent = list(sent)
            listed = None
            if self._windowed:
                parts = [self._apart(one) for one in sent]
                sent, listed = [one for one, _ in parts], [lists for _, (lists,) in parts]
            signals = self._samples(sent, listed)
            sent = [(*one[: stride - 2], *one[-2:]) for one in sent]
        # All the values in one list: its strides are the columns, and its numbers pack into an array at once.
        flat: list[Any] = list(chain.from_iterable(sent))
        *texts, assets, times = [flat[place::stride] for place in range(width, stride)]
        for place in reversed(range(width, stride)):
            del flat[place :: place + 1]
        numbers = _packed(flat).reshape(count, width)
        if self._watch.has_fractions(numbers):
            return None
        categories = np.empty((count, self._categories), object)
        for place, column in enumerate(texts):
            categories[:, place] = column
        flags = self._watch.flags(numbers, categories)
        return Rows(
            numbers.astype(np.float32),
            categories,
            [asset or None for asset in assets],
            [time or None for time in times],
            flags if signals is None else self._watch.with_signal_flags(flags, signals),
            signals,
        )

    def _apart(self, sent: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[list[float | None]]]:
        """Take the lists of windowed tags out of a row, and leave the latest sample of each."""
        values = list(sent)
        samples: list[float | None] = []
        for place, length in self._windowed:
            listed = values[place] or [None] * length
            values[place] = listed[-1]
            samples += listed
        return tuple(values), [samples]

    def _samples(
        self, sent: Sequence[tuple[Any, ...]], listed: Sequence[list[float | None]] | None
    ) -> NDArray[np.float32]:
        """Lay the lists of each row side by side; waveforms stand behind the numbers and the categories."""
        if listed is not None:  # a contract with windows has no waveforms
            return np.array(listed, np.float32)
        first = self._width + self._categories
        last = first + len(self._signals)
        return np.array([list(chain.from_iterable(one[first:last])) for one in sent], np.float32)


def _packed(values: Sequence[float | None]) -> NDArray[np.float64]:
    try:
        return np.frombuffer(struct.pack(f"{len(values)}d", *values))
    except struct.error:  # None, which becomes NaN
        return np.array(values, np.float64)


def _body_type(contract: Contract) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    windowed = dict(_windowed(contract))
    waveforms = [declared for declared in contract.inputs if declared.type is TagType.WAVEFORM]
    for place, declared in enumerate((*contract.numbers, *contract.categories, *waveforms)):
        length = windowed.get(place)
        kind = _field_type(declared) if length is None else _window_type(declared, length)
        fields.append((f"tag_{place}", kind, _field(declared, listed=length is not None)))
    fields += [("asset", str | None, None), ("time", str | None, None)]
    row = msgspec.defstruct("Row", fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    frame: list[tuple[str, Any, Any]] = [
        ("row", row | None, None),
        ("rows", list[row] | None, None),  # type: ignore[valid-type]  # the type is made at run time
        ("units", dict[str, str] | None, None),
    ]
    return msgspec.defstruct("Body", frame, forbid_unknown_fields=True, gc=False)


def _windowed(contract: Contract) -> list[tuple[int, int]]:
    """Return where windowed tags stand among the numbers, and the samples of each."""
    window = contract.window
    if window is None:
        return []
    return [(place, window.length) for place, i in enumerate(contract.numbers) if i.name in window.tags]


def _field(declared: Input, *, listed: bool) -> Any:
    if declared.missing is Missing.REJECT:
        return msgspec.field(name=declared.name)
    if listed:
        return msgspec.field(name=declared.name, default=None)
    if declared.type is TagType.WAVEFORM:
        absent = [math.nan] * (declared.length or 0)
        return msgspec.field(name=declared.name, default_factory=lambda: absent)
    missing: float | str = "" if declared.type is TagType.CATEGORY else math.nan
    return msgspec.field(name=declared.name, default=missing)


def _field_type(declared: Input) -> Any:
    if declared.type is TagType.CATEGORY:
        return _text_type(declared)
    if declared.type is TagType.WAVEFORM:
        return _list_type(declared)
    if declared.type is TagType.BOOLEAN:
        sent: Any = bool | Annotated[int, msgspec.Meta(ge=0, le=1)]
    else:
        reject = declared.range is not None and declared.out_of_range is OutOfRange.REJECT
        low, high = declared.range if reject and declared.range else (-LARGEST, LARGEST)
        sent = Annotated[float, msgspec.Meta(ge=low, le=high)]
    return sent if declared.missing is Missing.REJECT else sent | None


def _window_type(declared: Input, length: int) -> Any:
    """Return the type of a list whose every sample is what the tag may be."""
    exact = msgspec.Meta(min_length=length, max_length=length)
    sample: Any = _field_type(declared)
    listed: Any = Annotated[list[sample], exact]
    return listed if declared.missing is Missing.REJECT else listed | None


def _list_type(declared: Input) -> Any:
    sample: Any = Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
    if declared.missing is Missing.IMPUTE:
        sample |= None
    exact = msgspec.Meta(min_length=declared.length, max_length=declared.length)
    return Annotated[list[sample], exact]


def _text_type(declared: Input) -> Any:
    empty = declared.missing is Missing.IMPUTE
    if declared.unknown is Unknown.OTHER:
        return str if empty else Annotated[str, msgspec.Meta(min_length=1)]
    return Literal[(*declared.values, "")] if empty else Literal[declared.values]
