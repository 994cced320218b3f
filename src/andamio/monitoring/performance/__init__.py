"""How good were the answers, where the truth is known by now?

``measuring`` measures the latest judged rows for ``andamio status``; ``harm`` bets, label by label in the
order of arrival, against the promise of the evaluation, and ``stream`` holds the bets of one measure.
``history`` reads the whole journal in bounded memory: performance by time, slice and version, and how late
the truth comes; ``worth`` says it in money. ``unlabelled`` estimates it where no truth has come.
"""

from andamio.monitoring.performance.harm import LossDetector
from andamio.monitoring.performance.measuring import Measured, Performance, Promise, measure

__all__ = ["LossDetector", "Measured", "Performance", "Promise", "measure"]
