"""Tables in Markdown, and the page that keeps them between markers."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "monitoring" / "driftbench.md"
FRAME = """# driftbench

Drift detectors on streams of which the truth is known: how often they cry wolf, and how soon they see what
was put in. Every table is written by the command named above it; `benchmarks/monitoring/` holds the code, the
seeds and the pinned versions of every opponent.

"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def publish(section: str, text: str, path: Path = PAGE) -> None:
    """Replace what stands between the markers of a section; a new section goes to the end."""
    begin, end = f"<!-- begin {section} -->", f"<!-- end {section} -->"
    block = f"{begin}\n{text.strip()}\n{end}"
    path.parent.mkdir(parents=True, exist_ok=True)
    page = path.read_text(encoding="utf-8") if path.exists() else FRAME
    if begin in page and end in page:
        before, rest = page.split(begin, 1)
        page = before + block + rest.split(end, 1)[1]
    else:
        page = page.rstrip() + "\n\n" + block + "\n"
    path.write_text(page, encoding="utf-8")


def machine() -> str:
    """Say on what it ran."""
    model = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        named = [
            line for line in cpu.read_text(encoding="utf-8").splitlines() if line.startswith("model name")
        ]
        model = named[0].split(":", 1)[1].strip() if named else model
    kind = f"{platform.system()} {platform.machine()}"
    return f"{model}, {os.cpu_count()} cores, {kind}, Python {platform.python_version()}"
