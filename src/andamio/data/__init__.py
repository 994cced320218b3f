"""The plant's history, made into versions that never change.

``Datasets`` keeps them: a file (CSV, workbook, Parquet) is read into typed columns, with clocks on UTC;
what a spreadsheet mangled is found and kept out until somebody decides (``damage``); the file itself is
kept untouched; the rows become one more version of a Delta table, named by its number and by a digest of
its content (``digest``). Every version carries its record: the file, what was guessed, what was found,
what was decided.
"""

from andamio.data.adding import AddOptions
from andamio.data.check import Checked, check
from andamio.data.datasets import Added, Datasets, DatasetVersion
from andamio.data.findings import Finding, FindingKind
from andamio.data.profile import Profile, profile
from andamio.data.record import VersionRecord
from andamio.data.source import ReadOptions, Source

__all__ = [
    "AddOptions",
    "Added",
    "Checked",
    "DatasetVersion",
    "Datasets",
    "Finding",
    "FindingKind",
    "Profile",
    "ReadOptions",
    "Source",
    "VersionRecord",
    "check",
    "profile",
]
