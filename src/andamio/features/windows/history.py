"""Form the windows of a whole history at once."""

from __future__ import annotations

import numpy as np

from andamio.features.windows.forming import Bounds, Windows, form
from andamio.features.windows.plan import WindowPlan
from andamio.features.windows.samples import NEVER, Places, Samples, put_in_order


def form_windows(plan: WindowPlan, codes: Places, samples: Samples) -> Windows:
    """Form every window of rows that lie there in whatever order, late rows in their places.

    Args:
        plan: The windows.
        codes: The asset of each row, from 0.
        samples: The rows.

    Returns:
        The windows by asset and moment, the same to the byte as those of the stream of the same rows.
    """
    codes, samples = put_in_order(codes, samples)
    assets = int(codes[-1]) + 1 if len(codes) else 0
    newest = np.full(assets, NEVER, np.int64)
    np.maximum.at(newest, codes, samples.ticks)
    never = np.full(assets, NEVER, np.int64)
    bounds = Bounds(newest, never, np.zeros(assets, np.int64), np.ones(assets, np.bool_))
    return form(plan, codes, samples, bounds).windows
