"""The rows that were not scored: one line a fault, in a file beside the output."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from andamio.language import say
from andamio.serving.batch.pieces import RowFault
from andamio.storage.files import remove_file, replace_file

_HEADER = ("line", "code", "tag", "what", "try")


def refused_path(output: Path) -> Path:
    """Return where the faults of an output file go: ``OUT.rejected.csv`` in the same folder."""
    return output.with_name(output.stem + ".rejected.csv")


def write_refused(output: Path, faults: Sequence[RowFault]) -> Path | None:
    """Write the faults; without any, an old file of that name goes, so that it accuses nobody."""
    path = refused_path(output)
    if not faults:
        remove_file(path)
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    for found in faults:
        fault = found.fault
        fix = say(fault.fix) if fault.fix else ""
        writer.writerow([found.line, fault.code, fault.data.get("tag", ""), say(fault.what), fix])
    replace_file(path, text.getvalue().encode())
    return path
