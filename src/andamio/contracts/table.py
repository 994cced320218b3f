"""Check a table's columns, text cells or typed ones, against a contract."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.cells import Cells, text_of
from andamio.contracts.contract import Contract, Input, TagType
from andamio.contracts.faults import FaultWriter
from andamio.contracts.judgement import ColumnVerdict, judge
from andamio.contracts.lists import judge_list
from andamio.contracts.rows import Rows
from andamio.errors import Fault

Scalar = TypeVar("Scalar", np.float32, np.object_)


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which one tag breaks the contract, and the rows that do it, from 0."""

    code: str
    tag: str
    rows: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class BadCell:
    """One fault of one row, from 0, whose sentences are written only if somebody asks for them."""

    row: int
    code: str
    tag: str
    cell: object
    write: Callable[[], Fault]


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """What became of a table: the rows that were accepted, and why the others were not.

    Attributes:
        rows: The accepted rows only, in their order.
        accepted: Shape ``(rows of the table,)``.
        breaches: Every way the contract was broken, by tag and code, without a word written yet.
    """

    rows: Rows
    accepted: NDArray[np.bool_]
    breaches: tuple[Breach, ...]
    _columns: Mapping[str, tuple[ColumnVerdict, Cells, str | None]] = field(repr=False)
    _writer: FaultWriter = field(repr=False)

    @property
    def faults(self) -> list[Fault]:
        """Every fault of every refused row, by row; see ``bad_cells`` and ``counts`` for large tables."""
        return self.first_faults(None)

    def first_faults(self, limit: int | None) -> list[Fault]:
        """Write the first ``limit`` faults, by row and by the contract's order of tags."""
        return [found.write() for found in islice(self.bad_cells(), limit)]

    def counts(self) -> Counter[tuple[str, str]]:
        """Count the faults by tag and code."""
        return Counter({(breach.tag, breach.code): len(breach.rows) for breach in self.breaches})

    def bad_cells(self) -> Iterator[BadCell]:
        """Yield every fault by row and by the contract's order of tags, without a word written yet."""
        for row, order in heapq.merge(
            *(_places(order, breach) for order, breach in enumerate(self.breaches))
        ):
            breach = self.breaches[order]
            column, cells, unit = self._columns[breach.tag]
            cell = cells[row] if len(cells) else None
            value = column.values[row]
            write = partial(self._writer.write, breach.code, column.declared, row, cell, value, unit)
            yield BadCell(row, breach.code, breach.tag, cell, write)


class TableValidator:
    """Checks tables against one contract."""

    def __init__(self, contract: Contract, *, label: str | None = None) -> None:
        self.contract = contract
        self._writer = FaultWriter(contract, label)

    def check(
        self, columns: Mapping[str, Cells], *, units: Mapping[str, str] | None = None, typed: bool = False
    ) -> TableVerdict:
        """Check columns, keyed by tag; ``asset`` and ``time`` may be among them, others are ignored.

        Args:
            columns: Lists, arrays or series of equal length. A tag without a column is missing in every row.
            units: The unit of a column where it is not the contract's.
            typed: A text never spells a number (JSON); False for tables.

        Raises:
            UnitUnknown: A unit cannot be converted to the contract's.
        """
        height = max((len(cells) for cells in columns.values()), default=0)
        verdicts: dict[str, tuple[ColumnVerdict, Cells, str | None]] = {}
        windowed = dict.fromkeys(window.tags, window.length) if (window := self.contract.window) else {}
        samples: dict[str, NDArray[np.float32]] = {}
        for declared in self.contract.inputs:
            cells = columns.get(declared.name, [None] * height)
            unit = (units or {}).get(declared.name)
            if declared.name in windowed:
                length = windowed[declared.name]
                verdict, samples[declared.name] = judge_list(declared, length, cells, typed=typed, unit=unit)
            else:
                verdict = judge(declared, cells, typed=typed, unit=unit)
            verdicts[declared.name] = (verdict, cells, unit)
        breaches = _breaches([verdict for verdict, _, _ in verdicts.values()])
        accepted = np.ones(height, np.bool_)
        for breach in breaches:
            accepted[breach.rows] = False
        rows = self._rows(
            {name: verdict for name, (verdict, _, _) in verdicts.items()},
            samples,
            columns,
            accepted,
            typed=typed,
        )
        return TableVerdict(rows, accepted, breaches, verdicts, self._writer)

    def _rows(
        self,
        verdicts: Mapping[str, ColumnVerdict],
        samples: Mapping[str, NDArray[np.float32]],
        columns: Mapping[str, Cells],
        accepted: NDArray[np.bool_],
        *,
        typed: bool,
    ) -> Rows:
        kept = np.flatnonzero(accepted)
        flags: list[tuple[str, ...]] = [()] * len(kept)
        for declared in (*self.contract.numbers, *self.contract.categories, *self._waveforms):
            for flag, rows in verdicts[declared.name].flags():
                for place in np.flatnonzero(rows[kept]).tolist():
                    flags[place] += (flag,)
        return Rows(
            _tensor(self.contract.numbers, verdicts, kept, np.float32),
            _tensor(self.contract.categories, verdicts, kept, np.object_),
            _identities(columns.get("asset"), kept, typed=typed),
            _identities(columns.get("time"), kept, typed=typed),
            flags,
            self._signals(verdicts, samples, kept) if self.contract.signals else None,
        )

    @property
    def _waveforms(self) -> tuple[Input, ...]:
        return tuple(declared for declared in self.contract.inputs if declared.type is TagType.WAVEFORM)

    def _signals(
        self,
        verdicts: Mapping[str, ColumnVerdict],
        samples: Mapping[str, NDArray[np.float32]],
        kept: NDArray[np.intp],
    ) -> NDArray[np.float32]:
        parts = [
            samples[signal.tag][kept] if signal.tag in samples else verdicts[signal.tag].values[kept]
            for signal in self.contract.signals
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)


def _places(order: int, breach: Breach) -> Iterator[tuple[int, int]]:
    return ((int(row), order) for row in breach.rows)


def _breaches(verdicts: list[ColumnVerdict]) -> tuple[Breach, ...]:
    return tuple(
        Breach(code, verdict.declared.name, np.flatnonzero(rows))
        for verdict in verdicts
        for code, rows in verdict.breaches()
        if rows.any()
    )


def _tensor(
    inputs: tuple[Input, ...],
    verdicts: Mapping[str, ColumnVerdict],
    kept: NDArray[np.intp],
    dtype: type[Scalar],
) -> NDArray[Scalar]:
    tensor = np.empty((len(kept), len(inputs)), dtype)
    for place, declared in enumerate(inputs):
        tensor[:, place] = verdicts[declared.name].values[kept]
    return tensor


def _identities(cells: Cells | None, kept: NDArray[np.intp], *, typed: bool) -> list[str | None]:
    if cells is None:
        return [None] * len(kept)
    listed = list(cells)
    return [_identity(listed[place], typed=typed) for place in kept.tolist()]


def _identity(cell: object, *, typed: bool) -> str | None:
    if isinstance(cell, np.datetime64):
        return None if np.isnat(cell) else str(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return text_of(cell, typed=typed) or None
