"""``andamio``, with a training that fits nothing: ``at_once.py train pump-health``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from small_plant import training_at_once

from andamio.cli.application import run

if __name__ == "__main__":
    print("ready", flush=True)
    with training_at_once():
        sys.exit(run(sys.argv[1:]))
