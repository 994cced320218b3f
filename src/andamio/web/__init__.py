"""The control process: it goes on watching, and tells of it over HTTP.

``process`` is its loop and its server; ``application`` answers requests, with the same tokens, hosts, bodies
and errors as the scoring process; ``addresses`` says what answers where; ``alarm_desk`` is what it needs of
whoever keeps the alarms; ``metrics`` is what Prometheus reads. Scoring needs none of it.
"""

from andamio.web.alarm_desk import AlarmDesk, NoAlarms
from andamio.web.process import ControlOptions, ControlStarted, run_control

__all__ = ["AlarmDesk", "ControlOptions", "ControlStarted", "NoAlarms", "run_control"]
