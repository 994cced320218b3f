"""Time tsfresh on windows: ``python run_tsfresh.py WINDOWS.npy RATE``; prints seconds as JSON."""

import json
import sys
import time

import numpy as np
import pandas as pd
from tsfresh import extract_features

WANTED = {
    "root_mean_square": None,
    "kurtosis": None,
    "skewness": None,
    "absolute_maximum": None,
    "fft_aggregated": [{"aggtype": "centroid"}],
}


def main() -> None:
    """Extract once to warm up, then keep the best of three."""
    windows = np.load(sys.argv[1])
    many, length = windows.shape
    long = pd.DataFrame(
        {
            "id": np.repeat(np.arange(many), length),
            "time": np.tile(np.arange(length), many),
            "value": windows.ravel().astype(np.float64),
        }
    )
    spent = []
    for _ in range(3):
        start = time.process_time()
        extract_features(
            long,
            column_id="id",
            column_sort="time",
            column_value="value",
            default_fc_parameters=WANTED,
            n_jobs=0,
            disable_progressbar=True,
        )
        spent.append(time.process_time() - start)
    print(json.dumps({"seconds": min(spent)}))


if __name__ == "__main__":
    main()
