"""Time explanations against the bare graph answering as many rows: what the sharing out itself costs.

python benchmarks/explaining.py [FOLDER]

The plant is the one of ``benchmarks/serving``: LightGBM with 200 trees on 20 numbers, 64 background rows.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from serving.plant import TAGS, build

from andamio.bundles import PublicKey, open_bundle
from andamio.contracts import Rows
from andamio.explanations import Effort, Explainer
from andamio.kernel.settings import read_settings
from andamio.serving.explaining import PIECE
from andamio.serving.limits import Limits

REPEATS = 20


def main(root: Path) -> None:
    """Print milliseconds a row, and how much of it the graph takes by itself."""
    plant = build(root, csv_rows=100)
    trusted = [PublicKey.parse(key) for key in read_settings(root / "andamio.toml").keys.trusted]
    bundle = open_bundle(root / ".andamio" / "bundles" / plant.served[0].digest, trusted)
    graph = bundle.graph()
    explainer = Explainer(bundle, graph)
    rows = _rows(np.random.default_rng(7).normal(size=(REPEATS, len(TAGS))))
    limits = Limits()
    efforts = {
        "?explain=true": Effort(limits.explaining_rows, limits.explaining_s, PIECE),
        "andamio explain": Effort(),
    }
    for name, effort in efforts.items():
        whole, bare, errors = [], [], []
        for place in range(REPEATS):
            row = _rows(rows.numbers[place : place + 1])
            started = perf_counter()
            found = explainer.explain(row, f"row {place}", effort)
            whole.append(perf_counter() - started)
            errors.append(max(one.error or 0.0 for one in found.contributions))
            pieces = -(-found.shares.asked // effort.piece)
            asked = _rows(np.random.default_rng(8).normal(size=(effort.piece, len(TAGS))))
            started = perf_counter()
            for _ in range(pieces):
                graph.run(asked, features=False)
            bare.append(perf_counter() - started)
        print(
            f"{name}: {median(whole) * 1e3:.1f} ms a row, {found.shares.asked} rows of the graph; "
            f"{median(whole) / median(bare):.2f} times the bare graph; "
            f"largest standard error {max(errors) * 100:.2f} points"
        )


def _rows(numbers: np.ndarray) -> Rows:
    return Rows(numbers.astype(np.float32), np.empty((len(numbers), 0), object), (), (), ())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder) / "plant")
