"""Compile a contract to a decoder: a good row passes once through C and lies in the graph's tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input, Missing, OutOfRange, TagType, Unknown
from andamio.contracts.judgement import LARGEST, outside_flag
from andamio.contracts.rows import Rows
from andamio.contracts.scored import refuse_waveforms
from andamio.contracts.validator import RowValidator


class RowDecoder:
    """Decodes the native body, ``{"row": {TAG: value}}`` or ``{"rows": [...], "units": {TAG: unit}}``.

    A body whose rows all fit is decoded, type-checked and range-checked in one pass. Any other goes to the
    complete validator, which knows every fault, and which accepts the few spellings that the fast type does
    not (5.0 for a whole number, 5 for the category "5"). Raises ContractInvalid for a contract that reads
    waveforms.
    """

    def __init__(self, contract: Contract, *, label: str | None = None) -> None:
        refuse_waveforms(contract)
        self.contract = contract
        self._validator = RowValidator(contract, label=label)
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_body_type(contract))
        self._numbers, self._categories = len(contract.numbers), len(contract.categories)
        self._watch = _Watch(contract)

    def decode(self, body: bytes) -> Rows:
        """Decode a body.

        Raises:
            BodyRefused: The body is not JSON, or not of the form.
            RowsRejected: With the faults of every bad row.
        """
        try:
            frame = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._validator.validate(body)
        if frame.units is not None or (frame.row is None) == (frame.rows is None):
            return self._validator.validate(body)
        sent = [astuple(frame.row)] if frame.rows is None else [astuple(row) for row in frame.rows]
        rows = self._rows(sent)
        return self._validator.validate(body) if rows is None else rows

    def _rows(self, sent: Sequence[tuple[Any, ...]]) -> Rows | None:
        count, numbers = len(sent), self._numbers
        if not count:
            return None
        flat = [value for row in sent for value in row[:numbers]] if count > 1 else sent[0][:numbers]
        values = np.array(flat, np.float64).reshape(count, numbers)
        if self._watch.has_fractions(values):
            return None
        texts = np.empty((count, self._categories), object)
        if self._categories:
            texts[:] = [row[numbers:-2] for row in sent]
        return Rows(
            values.astype(np.float32),
            texts,
            [row[-2] or None for row in sent],
            [row[-1] or None for row in sent],
            self._watch.flags(values, texts),
        )


@dataclass(frozen=True, slots=True)
class _Mark:
    """The flags of one tag."""

    imputed: str
    outside: str
    known: frozenset[str]


class _Watch:
    """Finds, in decoded rows, the values that a policy will change or mark."""

    def __init__(self, contract: Contract) -> None:
        numbers, categories = contract.numbers, contract.categories
        limits = [_watched(declared) for declared in numbers]
        self._low = np.array([low for low, _ in limits], np.float64)
        self._high = np.array([high for _, high in limits], np.float64)
        self._whole = np.array([p for p, i in enumerate(numbers) if i.type is TagType.INTEGER], np.intp)
        self._marks = [_mark(declared) for declared in numbers]
        self._text_marks = [_mark(declared) for declared in categories]
        lenient = [
            i.missing is Missing.IMPUTE or outside_flag(i) is not None for i in (*numbers, *categories)
        ]
        self._watches_numbers = any(lenient[: len(numbers)])
        self._watches_texts = any(lenient[len(numbers) :])

    def has_fractions(self, values: NDArray[np.float64]) -> bool:
        """Tell whether a whole number is none."""
        return bool(self._whole.size) and bool((values[:, self._whole] % 1.0 > 0.0).any())

    def flags(self, values: NDArray[np.float64], texts: NDArray[np.object_]) -> list[tuple[str, ...]]:
        """Return each row's flags, numbers first."""
        flags: list[tuple[str, ...]] = [()] * len(values)
        if self._watches_numbers:
            inside = (values >= self._low) & (values <= self._high)
            if not inside.all():
                for row, place in np.argwhere(~inside).tolist():
                    mark = self._marks[place]
                    flags[row] += (mark.imputed if np.isnan(values[row, place]) else mark.outside,)
        if self._watches_texts:
            for row, words in enumerate(texts.tolist()):
                for mark, word in zip(self._text_marks, words, strict=True):
                    if word not in mark.known:
                        flags[row] += (mark.outside if word else mark.imputed,)
        return flags


def _mark(declared: Input) -> _Mark:
    return _Mark(f"{declared.name}:imputed", outside_flag(declared) or "", frozenset(declared.values))


def _watched(declared: Input) -> tuple[float, float]:
    # The decoder has refused what `reject` refuses; what is left to watch is what a policy lets through.
    if declared.range is None or declared.out_of_range is OutOfRange.REJECT:
        return -math.inf, math.inf
    return declared.range


def _body_type(contract: Contract) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    for place, declared in enumerate((*contract.numbers, *contract.categories)):
        fields.append((f"tag_{place}", _field_type(declared), _field(declared)))
    fields += [("asset", str | None, None), ("time", str | None, None)]
    row = msgspec.defstruct("Row", fields, kw_only=True, forbid_unknown_fields=True, gc=False)
    frame: list[tuple[str, Any, Any]] = [
        ("row", row | None, None),
        ("rows", list[row] | None, None),  # type: ignore[valid-type]  # the type is made at run time
        ("units", dict[str, str] | None, None),
    ]
    return msgspec.defstruct("Body", frame, forbid_unknown_fields=True, gc=False)


def _field(declared: Input) -> Any:
    if declared.missing is Missing.REJECT:
        return msgspec.field(name=declared.name)
    missing: float | str = "" if declared.type is TagType.CATEGORY else math.nan
    return msgspec.field(name=declared.name, default=missing)


def _field_type(declared: Input) -> Any:
    if declared.type is TagType.CATEGORY:
        return _text_type(declared)
    if declared.type is TagType.BOOLEAN:
        sent: Any = bool | Annotated[int, msgspec.Meta(ge=0, le=1)]
    else:
        reject = declared.range is not None and declared.out_of_range is OutOfRange.REJECT
        low, high = declared.range if reject and declared.range else (-LARGEST, LARGEST)
        sent = Annotated[float, msgspec.Meta(ge=low, le=high)]
    return sent if declared.missing is Missing.REJECT else sent | None


def _text_type(declared: Input) -> Any:
    empty = declared.missing is Missing.IMPUTE
    if declared.unknown is Unknown.OTHER:
        return str if empty else Annotated[str, msgspec.Meta(min_length=1)]
    return Literal[(*declared.values, "")] if empty else Literal[declared.values]
