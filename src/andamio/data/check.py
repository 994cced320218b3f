"""Hold a dataset version against a contract: how many rows it would accept, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from andamio.contracts import Contract, TableValidator, table_columns
from andamio.contracts.table import Breach
from andamio.data.datasets import DatasetVersion
from andamio.errors import Fault, Text, text

_PLACES = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row came from: the version that brought it, and its line in that version's file, from 1."""

    version: int
    line: int


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for which rows are refused, with an example and where the first rows are."""

    tag: str
    code: str
    count: int
    example: Text
    places: Sequence[Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A version held against a contract. ``columns`` are faults of the table, such as a missing column."""

    dataset: str
    version: int
    digest: str
    model: str
    rows: int
    accepted: int
    flagged: int
    columns: Sequence[Fault]
    reasons: Sequence[Reason]

    @property
    def good(self) -> bool:
        """Tell whether every column is there and every row would be accepted."""
        return self.accepted == self.rows and not self.columns


def check(version: DatasetVersion, contract: Contract) -> Checked:
    """Check every row of a version against a contract.

    A column whose header names another unit of the same kind than the contract's is converted first.
    """
    found = table_columns(contract, version.frame.columns)
    names = version.frame.columns
    tags = {names[place]: tag for tag, place in found.places.items()}
    columns = version.frame.select(pl.col(name).alias(tag) for name, tag in tags.items())
    validator = TableValidator(contract.by_rows)
    verdict = validator.check(_cells(columns), units=found.units)
    return Checked(
        dataset=version.name,
        version=version.version,
        digest=version.digest,
        model=contract.name,
        rows=version.frame.height,
        accepted=int(np.sum(verdict.accepted)) if columns.width else 0,
        flagged=sum(bool(flags) for flags in verdict.rows.flags),
        columns=found.faults,
        reasons=[
            Reason(
                breach.tag,
                breach.code,
                len(breach.rows),
                _example(validator, columns, found.units, breach),
                [_place(version, int(row)) for row in breach.rows[:_PLACES]],
            )
            for breach in verdict.breaches
            if breach.tag in columns.columns
        ],
    )


def _example(
    validator: TableValidator, columns: pl.DataFrame, units: Mapping[str, str], breach: Breach
) -> Text:
    """Let the validator write the fault of the first row that a reason refuses."""
    row = columns[int(breach.rows[0])]
    for fault in validator.check(_cells(row), units=units).faults:
        if fault.code == breach.code and fault.data.get("tag") == breach.tag:
            return fault.what
    return text("{tag}: {code}", tag=breach.tag, code=breach.code)


def _cells(table: pl.DataFrame) -> dict[str, list[object]]:
    return {name: table[name].to_list() for name in table.columns}


def _place(version: DatasetVersion, row: int) -> Place:
    if version.origin is None:
        return Place(version.version, row + 1)
    return Place(*version.origin.row(row))
