"""The floor of a batch: the least that can score a file with the same graph, on the same parts.

numpy reads the CSV, polars the Parquet; onnxruntime runs the bundle's own graph on one thread; two columns
are written. No contract, no check, no ids, no journal, no atomic file.

    python benchmarks/serving/floor_batch.py GRAPH.onnx ROWS OUT
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import onnxruntime as ort
import polars as pl
from numpy.typing import NDArray

PIECE_ROWS = 8192


def main() -> None:
    """Score one file."""
    graph, path, output = sys.argv[1:]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    run = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"]).run
    pieces = _csv(path) if path.endswith(".csv") else _parquet(path)
    answers = (run(["probabilities", "decision"], {"numbers": rows}) for rows in pieces)
    frames = [
        pl.DataFrame({"probability": probabilities[:, 1], "decision": decision})
        for probabilities, decision in answers
    ]
    frame = pl.concat(frames)
    if path.endswith(".csv"):
        frame.write_csv(output)
    else:
        frame.write_parquet(output)


def _csv(path: str) -> Iterator[NDArray[np.float32]]:
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
    for start in range(0, len(rows), PIECE_ROWS):
        yield rows[start : start + PIECE_ROWS]


def _parquet(path: str) -> Iterator[NDArray[np.float32]]:
    for part in pl.scan_parquet(path).collect_batches(chunk_size=PIECE_ROWS, maintain_order=True):
        for piece in part.iter_slices(PIECE_ROWS):
            yield piece.to_numpy().astype(np.float32)


if __name__ == "__main__":
    main()
