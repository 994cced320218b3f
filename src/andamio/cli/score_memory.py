"""What ``andamio score`` has in mind while it reads a file: windows, courses, and where both are kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from andamio.cli.score_state import LastRun, Remembered, StateFile, result_kept
from andamio.contracts import Contract
from andamio.contracts.contract import Kind
from andamio.errors import UsageError, text
from andamio.journal import Journal
from andamio.kernel.digests import sha256_of_file
from andamio.serving.batch.pieces import Source
from andamio.serving.batch.run import BatchResult
from andamio.serving.batch.settling import Intent
from andamio.serving.batch.windowed import WindowedSource
from andamio.serving.scorer import Scorer

if TYPE_CHECKING:
    from andamio.cli.score_windows import LiveWindows
    from andamio.features.courses import LiveCourses


@dataclass(frozen=True, slots=True)
class InMind:
    """The windows and the courses of one run; None where the model has none."""

    windows: LiveWindows | None
    courses: LiveCourses | None

    @classmethod
    def of(cls, contract: Contract, state: StateFile | None) -> InMind:
        """Go on from what is remembered, or begin anew."""
        known = None if state is None else state.remembered
        windows = courses = None
        if contract.window is not None:
            from andamio.cli.score_windows import LiveWindows

            windows = LiveWindows(contract, contract.window, known.windows if known else None)
        if contract.kind is Kind.REGRESSION and contract.horizon is not None and contract.asset is not None:
            from andamio.features.courses import LiveCourses

            courses = LiveCourses(contract, contract.horizon, known.courses if known else None)
        return cls(windows, courses)

    def reading(self, rows: Source, contract: Contract, *, closing: bool) -> Source:
        """Form windows ahead of a model that reads them."""
        if self.windows is None or contract.window is None:
            return rows
        return WindowedSource(rows, self.windows, cycle=contract.window.cycle, closing=closing)

    @property
    def remembered(self) -> Remembered:
        """What goes on to the next file."""
        return Remembered(
            self.windows.content() if self.windows else b"", self.courses.content() if self.courses else {}
        )


@dataclass(frozen=True, slots=True)
class FileMemory:
    """Moves the state on together with the answers of one file."""

    state: StateFile
    mind: InMind
    journal: Journal
    scorer: Scorer
    source: Path
    output: Path

    def intend(self, intent: Intent, result: BatchResult) -> None:
        """Write down what is to be done and what is remembered after it."""
        last = LastRun(
            input_sha256=sha256_of_file(self.source),
            model=self.scorer.model,
            version=self.scorer.version,
            digest=self.scorer.digest,
            output=str(self.output.absolute()),
            result=result_kept(result),
        )
        self.state.move_on(self.mind.remembered, last, intent, self.journal)

    def done(self) -> None:
        """Write down that it was done."""
        self.state.done()


def opened_state(path: Path | None, contract: Contract) -> StateFile | None:
    """Open the file of the memory, where one is named.

    Raises:
        UsageError: The model has nothing to remember.
        WindowsRefused: The file is damaged.
    """
    if path is None:
        return None
    if contract.window is None:
        raise UsageError(
            text("{model} has no windows, so there is nothing to keep", model=contract.name),
            fix=text("leave --state out"),
        )
    return StateFile(path)
