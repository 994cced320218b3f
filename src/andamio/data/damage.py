"""Find numbers that a spreadsheet mangled: a decimal mark lost on the way makes 10.0664 into 100664.

A lost mark multiplies a value by ten to the number of decimals it had, and that number differs from
cell to cell, because trailing zeros are not written: of values with four decimals nine in ten lose four,
one in eleven loses three. A mangled column therefore falls into clusters that lie whole powers of ten
apart. Cells that cannot have lost their mark, because it is still there, are the *witnesses* of the true
scale; cells that can are *suspects*: whole numbers, or, where the mangled number was written again in
groups of three, cells with exactly three digits after the mark.

``witnesses`` compares the two; ``unwitnessed`` judges columns in which every cell is a suspect. A column
whose every cell lost equally many digits, and whose name says nothing, cannot be told from a sound one.
"""

from __future__ import annotations

from collections.abc import Mapping

from andamio.data.digits import Digits
from andamio.data.mangled import Mangled
from andamio.data.plausibility import Bounds
from andamio.data.unwitnessed import by_bounds, by_clusters, by_family, by_last_digits
from andamio.data.witnesses import BEYOND_CHANCE, by_groups_of_three, by_lost_marks

_CHANCE_IN_A_MANGLED_FILE = 0.2


def find_mangled(
    columns: Mapping[str, Digits], bounds: Mapping[str, Bounds], *, suspicious: bool = False
) -> dict[str, Mangled]:
    """Find the mangled columns of one file.

    Args:
        columns: How each numeric column is written.
        bounds: What physics allows, for the columns whose name or unit says it.
        suspicious: Whether marks already contradict each other somewhere in the file. Then, and once
            one column is found, less evidence is enough for the others.

    Returns:
        Column names to their mangled cells; sound columns are absent.
    """
    found: dict[str, Mangled] = {}
    for name, digits in columns.items():
        if mangled := _judge(digits, bounds.get(name), BEYOND_CHANCE):
            found[name] = mangled
    if found or suspicious:
        for name, digits in columns.items():
            if name in found and found[name].reason != "clusters":
                continue
            if mangled := _judge(digits, bounds.get(name), _CHANCE_IN_A_MANGLED_FILE):
                found[name] = mangled
    return found | by_family(columns, found)


def _judge(digits: Digits, bounds: Bounds | None, chance: float) -> Mangled | None:
    if len(digits) == 0:
        return None
    return (
        (by_bounds(digits, bounds) if bounds else None)
        or by_lost_marks(digits, chance)
        or by_groups_of_three(digits, chance)
        or by_clusters(digits)
        or by_last_digits(digits)
    )
