"""Has the process moved? History is learnt once; streams and windows are held against it.

``DriftReference`` is what a bundle carries: the usual level given season and context, the charts and their
limits, history in blocks and in fine bins. ``DriftWatch`` watches a stream, ``compare`` a window. There is
one knob: how many false alarms a month.
"""

from andamio.statistics.drift.reference import DriftReference
from andamio.statistics.drift.stream import DriftWatch, Standing, Watched
from andamio.statistics.drift.window import WindowReport, compare

__all__ = ["DriftReference", "DriftWatch", "Standing", "Watched", "WindowReport", "compare"]
