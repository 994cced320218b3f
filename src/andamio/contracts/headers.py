"""Find the columns of a contract in the header of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from andamio.contracts.contract import Contract, Input, Missing
from andamio.contracts.faults import nearest
from andamio.errors import Fault, UnitUnknown, text
from andamio.kernel.units import same_dimension

_UNIT = re.compile(r"^(.*\S)\s*[\[(]([^\[\]()]*)[\])]$")


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Where each tag is in a table.

    Attributes:
        places: Tag (or ``asset``, ``time``, ``cycle``) to its place in the header.
        units: Tag to the unit that its header names in brackets, where it is not the contract's.
        faults: Columns that are needed and not there, or there twice.
    """

    places: Mapping[str, int]
    units: Mapping[str, str]
    faults: tuple[Fault, ...]


def table_columns(contract: Contract, header: Sequence[str]) -> TableColumns:
    """Match a header to a contract: by the column's name, by the tag's, both with or without ``[unit]``."""
    names = [name.strip() for name in header]
    places: dict[str, int] = {}
    units: dict[str, str] = {}
    faults: list[Fault] = []
    for declared in contract.inputs:
        found = _places(declared, names)
        if len(found) == 1:
            places[declared.name] = found[0]
            unit = _split(names[found[0]])[1]
            if unit and declared.unit and _converts(unit, declared.unit):
                units[declared.name] = unit
            elif unit and declared.unit and unit != declared.unit:
                faults += _another_unit(contract, declared, names[found[0]], unit)
        elif found:
            faults.append(_twice(contract, declared, [names[place] for place in found]))
        elif declared.missing is Missing.REJECT:
            faults.append(_lacking(contract, declared, names))
    return TableColumns(places | _identities(contract, names), units, tuple(faults))


def _identities(contract: Contract, names: Sequence[str]) -> dict[str, int]:
    columns = {"asset": (contract.asset, "asset"), "time": (contract.time, "time")}
    if contract.window is not None and contract.window.cycle is not None:
        columns["cycle"] = (contract.window.cycle, "cycle")
    found = {key: [names.index(name) for name in wanted if name in names] for key, wanted in columns.items()}
    return {key: places[0] for key, places in found.items() if places}


def _split(name: str) -> tuple[str, str | None]:
    """Split ``Bearing temperature [degC]`` into its name and its unit."""
    found = _UNIT.match(name)
    return (found.group(1), found.group(2).strip() or None) if found else (name, None)


def _places(declared: Input, names: Sequence[str]) -> list[int]:
    # The exact name wins over the name without its unit, the column's name over the tag's.
    for wanted in (declared.column, declared.name):
        exact = [place for place, name in enumerate(names) if name == wanted]
        if exact:
            return exact
    for wanted in (_split(declared.column)[0], declared.name):
        loose = [place for place, name in enumerate(names) if _split(name)[0] == wanted]
        if loose:
            return loose
    return []


def _converts(unit: str, declared: str) -> bool:
    try:
        return unit != declared and same_dimension(unit, declared)
    except UnitUnknown:
        return False


def _another_unit(contract: Contract, declared: Input, name: str, unit: str) -> list[Fault]:
    # The contract names this very column, so what is in its brackets is part of the name.
    if name in (declared.column, declared.name):
        return []
    return [
        Fault(
            "contract-unit",
            text('the column "{column}" cannot be converted to {unit}', column=name, unit=declared.unit),
            text("{model}, input {tag}", model=contract.name, tag=declared.name),
            fix=text(
                "send {tag} in {unit}, or in a unit of the same kind", tag=declared.name, unit=declared.unit
            ),
            data={"tag": declared.name, "column": name, "unit": unit},
        )
    ]


def _lacking(contract: Contract, declared: Input, names: Sequence[str]) -> Fault:
    return Fault(
        "contract-missing",
        text('there is no column "{column}"', column=declared.column),
        text("{model}, input {tag}", model=contract.name, tag=declared.name),
        text('the contract says missing = "reject"'),
        nearest(declared.column, names)
        or text('correct column = "…" of this input in {file}', file=f"models/{contract.name}.toml"),
        {"tag": declared.name, "column": declared.column},
    )


def _twice(contract: Contract, declared: Input, names: Sequence[str]) -> Fault:
    return Fault(
        "contract-extra",
        text(
            'more than one column could be "{column}": {names}',
            column=declared.column,
            names=", ".join(names),
        ),
        text("{model}, input {tag}", model=contract.name, tag=declared.name),
        fix=text("remove or rename the other ones"),
        data={"tag": declared.name, "column": declared.column},
    )
