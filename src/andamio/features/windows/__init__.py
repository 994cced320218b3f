"""Windows: what a model remembers of the rows before, formed ahead of its graph and the same everywhere.

Rows with a moment and an asset become windows: the last ``length`` samples of every windowed tag, either
row by row, on a grid of one period, or a cycle resampled to one length. ``form_windows`` does it for a
whole history at once, for training; ``WindowStream`` for rows as they come, with a small memory by asset
that ``kept`` writes as bytes and ``taken_up`` reads. Both end in the one computation of ``forming``, so
that what is trained on and what is answered are the same bytes; only what came too late tells them apart,
and that is flagged.

numpy alone, and no file: whoever has a folder keeps the bytes.
"""

from andamio.features.windows.forming import Windows
from andamio.features.windows.history import form_windows
from andamio.features.windows.leaps import leapt, without_leap
from andamio.features.windows.moments import dated_after, is_count, read_ticks, ticks_of_seconds
from andamio.features.windows.plan import TICKS, WindowPlan, ticks_of, window_plan
from andamio.features.windows.samples import Samples
from andamio.features.windows.state import kept, taken_up
from andamio.features.windows.stream import Pushed, WindowStream
from andamio.features.windows.tables import rows_of, samples_of

__all__ = [
    "TICKS",
    "Pushed",
    "Samples",
    "WindowPlan",
    "WindowStream",
    "Windows",
    "dated_after",
    "form_windows",
    "is_count",
    "kept",
    "leapt",
    "read_ticks",
    "rows_of",
    "samples_of",
    "taken_up",
    "ticks_of",
    "ticks_of_seconds",
    "window_plan",
    "without_leap",
]
