"""The rows that were not scored: one line a fault, in a file beside the output."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from andamio.contracts.faults import cut
from andamio.errors import Fault
from andamio.language import say
from andamio.serving.batch.pieces import Refusal
from andamio.serving.batch.settling import Unseen, publish
from andamio.serving.batch.targets import UnseenFile

_HEADER = ("line", "code", "tag", "value", "what", "try")
WORDED_ROWS = 10_000
"""The refused rows of a file that get sentences: more than a person reads, few enough to be written fast."""


def refused_path(output: Path) -> Path:
    """Return where the faults of an output file go: ``OUT.rejected.csv`` in the same folder."""
    return output.with_name(output.stem + ".rejected.csv")


class RefusedFile:
    """Writes the refused rows as they pass, unseen until the output is published; keeps none of them.

    Every row is listed with its line, the fault's code, the tag and the value; the first ``WORDED_ROWS``
    have sentences too.

    Attributes:
        reasons: The faults of all rows, by code.
        worded: How many rows have sentences.
        faults: The faults with sentences, as long as no row was scored.
    """

    def __init__(self, output: Path) -> None:
        self.path = refused_path(output)
        self.reasons: Counter[str] = Counter()
        self.worded = 0
        self.faults: list[Fault] = []
        self._file: UnseenFile | None = None
        self._line = 0
        self._telling = True

    def add(self, refusals: Sequence[Refusal], *, keep: bool) -> None:
        """Write the faults of a piece; ``keep`` says whether their sentences may still be needed."""
        if not keep:
            self.faults.clear()
        if not refusals:
            return
        self.reasons.update(refusal.code for refusal in refusals)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self._file is None:
            self._file = UnseenFile(self.path)
            writer.writerow(_HEADER)
        writer.writerows([self._written(refusal, keep=keep) for refusal in refusals])
        self._file.write(text.getvalue().encode())

    @property
    def unseen(self) -> Unseen:
        """Where it lies until it is published."""
        return Unseen(str(self.path.absolute())) if self._file is None else self._file.unseen

    def make_durable(self) -> None:
        """Force the file to the disk, still unseen."""
        if self._file is not None:
            self._file.make_durable()

    def publish(self) -> None:
        """Give the file its name; without any fault an old one goes, so that it accuses nobody."""
        publish([self.unseen])

    def abandon(self) -> None:
        """Leave nothing behind, unless it was published."""
        if self._file is not None:
            self._file.abandon()

    def _written(self, refusal: Refusal, *, keep: bool) -> Sequence[object]:
        if refusal.line != self._line:
            self._line = refusal.line
            self._telling = self.worded < WORDED_ROWS
            self.worded += self._telling
        value = "" if refusal.value is None else cut(str(refusal.value))
        start = (refusal.line, refusal.code, refusal.tag or "", value)
        if not self._telling:
            return (*start, "", "")
        fault = refusal.fault()
        if keep:
            self.faults.append(fault)
        return (*start, say(fault.what), say(fault.fix) if fault.fix else "")
