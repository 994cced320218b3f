"""The doors for people and scripts: one file per command, in Spanish and English, ``--json`` everywhere.

This package imports nothing heavy: a command's own imports are paid by that command alone.
"""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run ``andamio`` with the arguments of the process."""
    # What is imported stays: the collector would walk through it again and again. The command enables it.
    gc.disable()
    from andamio.cli.application import run

    sys.exit(run(sys.argv[1:]))
