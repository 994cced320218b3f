"""C99 for a microcontroller: one function from raw tags to the answer, and a program that proves it.

Plain C without heap, recursion or input and output; it needs ``math.h`` and ``string.h``. Working memory is
static, so one row is answered at a time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle, Outputs
from andamio.bundles.graph import field_of
from andamio.contracts.rows import Rows
from andamio.errors import ExportRefused, Unequipped, text
from andamio.exports.c_graph import write_graph
from andamio.exports.c_program import check_source, header, source
from andamio.exports.c_values import Unwritable
from andamio.exports.target import Built, cannot
from andamio.storage.files import write_file

_FLAGS = ("-std=c99", "-O2", "-ffp-contract=off")
_NOTES = """\
`{name}.c` and `{name}.h` are the model: `{name}_answer(numbers, categories, signals, &answer)` answers a row.
There is no heap; {memory} bytes of working memory are static, so one row is answered at a time.
`check.c` holds the rows of the comparison: `cc {flags} {name}.c check.c -lm -o check && ./check`.
Run it on the target too: it says whether that processor answers alike.
Compile without `-ffast-math`: a missing number is NaN.
"""


class CTarget:
    """Writes C and proves it with this box's compiler."""

    def build(self, bundle: Bundle, rows: Rows, folder: Path) -> Built:
        """Write the model, its header and the check."""
        compiler = _compiler()
        name = re.sub(r"\W", "_", bundle.model)
        feeds = _feeds(bundle, rows)
        answers = _expected(bundle, rows)
        try:
            written = write_graph(bundle.graph_bytes, {key: value[:1] for key, value in feeds.items()})
        except Unwritable as error:
            raise cannot(
                bundle, "c", str(error), text("run the bundle itself, or train without signals and kernels")
            ) from error
        files = {
            f"{name}.h": header(name, bundle, answers),
            f"{name}.c": source(name, bundle, written, answers),
            "check.c": check_source(name, feeds, answers),
        }
        for file, content in files.items():
            write_file(folder / file, content.encode())
        found = _ask(compiler, name, folder, answers)
        return Built(
            answer=lambda asked: _take(found, len(asked)),
            made_with={"cc": _version(compiler)},
            about={"working_memory_bytes": written.bytes_of_memory},
            notes=_NOTES.format(name=name, memory=written.bytes_of_memory, flags=" ".join(_FLAGS)),
        )


def _feeds(bundle: Bundle, rows: Rows) -> dict[str, NDArray[Any]]:
    feeds: dict[str, NDArray[Any]] = {}
    if bundle.info.numbers:
        feeds["numbers"] = rows.numbers
    if bundle.info.categories:
        feeds["categories"] = rows.categories
    if bundle.info.signals and rows.signals is not None:
        feeds["signals"] = rows.signals
    return feeds


def _expected(bundle: Bundle, rows: Rows) -> dict[str, NDArray[Any]]:
    """Return the bundle's own answers by name, each of shape ``(rows, columns)``."""
    outputs = bundle.graph().run(rows, features=False)
    names = ("probabilities", "decision", "score", "value", "lower", "upper", "health")
    found = {}
    for name in names:
        anomaly = bundle.info.kind == "anomaly"
        if (name == "value" and anomaly) or (name == "score" and not anomaly):
            continue
        answer = getattr(outputs, field_of(name))
        if answer is not None:
            found[name] = np.asarray(answer).reshape(len(rows), -1)
    return found


def _compiler() -> str:
    found = shutil.which(os.environ.get("CC") or "cc")
    if found is None:
        raise Unequipped(
            text("exporting to c needs a C compiler, to prove what was written"),
            why=text("there is no cc on this box, and CC names none"),
            fix=text("install one, on Debian:  apt install gcc libc6-dev"),
        )
    return found


def _version(compiler: str) -> str:
    told = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return (told.stdout or compiler).splitlines()[0]


def _ask(
    compiler: str, name: str, folder: Path, answers: Mapping[str, NDArray[Any]]
) -> Mapping[str, NDArray[Any]]:
    """Compile the check outside the export, and read what it answers."""
    with tempfile.TemporaryDirectory() as place:
        program = str(Path(place, "check"))
        sources = [str(folder / f"{name}.c"), str(folder / "check.c")]
        made = _run([compiler, *_FLAGS, *sources, "-lm", "-o", program])
        if made.returncode == 0:
            told = _run([program, "print"])
            if told.returncode == 0:
                return _read(told.stdout, answers)
            made = told
    raise ExportRefused(
        text("what was written as c cannot be compiled or run here"),
        why=text("{reason}", reason=(made.stderr or "-").strip().splitlines()[0][:300]),
        fix=text("look at the compiler that CC names; gcc and clang are known to do"),
    )


def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(words), capture_output=True, text=True, check=False, timeout=300)


def _read(printed: str, answers: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    table = np.array([[float(word) for word in line.split()] for line in printed.splitlines()])
    found, start = {}, 0
    for name, expected in answers.items():
        columns = table[:, start : start + expected.shape[1]]
        start += expected.shape[1]
        found[field_of(name)] = columns.astype(expected.dtype)
    return found


def _take(found: Mapping[str, NDArray[Any]], rows: int) -> Outputs:
    """Hand out the answers to all rows that were asked, which is all that the comparison asks for."""
    if any(len(columns) != rows for columns in found.values()):
        raise ValueError("the check was asked about other rows")
    return Outputs(**{n: v if n == "probabilities" else v.reshape(-1) for n, v in found.items()})
