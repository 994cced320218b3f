"""What a dataset keeps about each of its versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from andamio.data.findings import Finding
from andamio.data.source import ColumnType

Choice = Literal["set-missing", "drop-column", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRecord:
    """How a version came to be; it travels inside the version's Delta commit.

    Attributes:
        digest: The content digest of the whole version.
        rows: Rows in the version.
        added: Rows this file brought.
        already: Rows of this file that were in the dataset before.
        file: The file's name as it was given.
        source_digest: SHA-256 of the file's bytes.
        raw: Where the untouched copy lies, relative to the plant's folder.
        columns: Names and types.
        units: Units found in headers.
        time: The column that orders the table in time.
        guess: What was guessed about the file.
        findings: What was found in the file, each with its first hundred lines.
        choices: What was decided about damaged columns.
        at: When the version was made.
    """

    digest: str
    rows: int
    added: int
    already: int
    file: str
    source_digest: str
    raw: str
    columns: Mapping[str, ColumnType]
    units: Mapping[str, str] = field(default_factory=dict)
    time: str | None = None
    guess: Mapping[str, object] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    at: datetime
