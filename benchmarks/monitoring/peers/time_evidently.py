"""Time Evidently's preset in its own environment: ``time_evidently.py REFERENCE.npy CURRENT.npy``."""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """Import, run the preset once, run its tests once, print the seconds."""
    began = time.perf_counter()
    import numpy as np
    import pandas as pd
    from evidently import Report
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType
    from evidently.presets import DataDriftPreset

    imported = time.perf_counter() - began
    both = [np.load(name) for name in sys.argv[1:3]]
    names = [f"tag{at}" for at in range(both[0].shape[1])]
    reference, current = (pd.DataFrame(rows, columns=names) for rows in both)
    began = time.perf_counter()
    Report([DataDriftPreset()]).run(current, reference)
    whole = time.perf_counter() - began
    began, kind = time.perf_counter(), ColumnType.Numerical
    for name in names:
        get_stattest(reference[name], current[name], kind, None)(reference[name], current[name], kind, None)
    tests = time.perf_counter() - began
    print(json.dumps({"import_s": imported, "preset_s": whole, "tests_s": tests}))


if __name__ == "__main__":
    main()
