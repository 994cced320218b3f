"""The floor of a batch: the least that can score a file with the same graph, on the same parts.

numpy reads the CSV, polars the Parquet; onnxruntime runs the bundle's own graph on one thread; two columns
are written. No contract, no check, no ids, no journal, no atomic file.

    python benchmarks/serving/floor_batch.py GRAPH.onnx ROWS OUT
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime as ort
import polars as pl

PIECE_ROWS = 8192


def main() -> None:
    """Score one file."""
    graph, path, output = sys.argv[1:]
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    run = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"]).run
    is_csv = path.endswith(".csv")
    rows = (
        np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float32)
        if is_csv
        else pl.read_parquet(path).to_numpy().astype(np.float32)
    )
    answers = [
        run(["probabilities", "decision"], {"numbers": rows[start : start + PIECE_ROWS]})
        for start in range(0, len(rows), PIECE_ROWS)
    ]
    chances = np.concatenate([probabilities[:, 1] for probabilities, _ in answers])
    frame = pl.DataFrame({"probability": chances, "decision": np.concatenate([d for _, d in answers])})
    if is_csv:
        frame.write_csv(output)
    else:
        frame.write_parquet(output)


if __name__ == "__main__":
    main()
