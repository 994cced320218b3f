"""The alarms that persons deal with, after ISA-18.2: raised by findings, and kept in the plant's database.

Once a cycle the monitor hands over the findings that stand. Those of one model, asset and cause are one
alarm, the worst leading; delays and a deadband make one alarm of a finding that flickers. A person
acknowledges, shelves, or takes out of service; plans suppress. A flood is shown as one and told as one, while
the journal of alarms keeps every transition. What is told goes through ``notification``, within a budget.
"""

from andamio.monitoring.alarms.acts import STATE_NAMES, plan_name
from andamio.monitoring.alarms.book import AlarmBook
from andamio.monitoring.alarms.consequences import cause_name, consequence
from andamio.monitoring.alarms.muting import START_UP
from andamio.monitoring.alarms.states import ALLOWED, STANDING, WAITING, Event, State
from andamio.monitoring.alarms.views import Alarm, AlarmEvent, AlarmFinding, Flood, Standing

__all__ = [
    "ALLOWED",
    "STANDING",
    "START_UP",
    "STATE_NAMES",
    "WAITING",
    "Alarm",
    "AlarmBook",
    "AlarmEvent",
    "AlarmFinding",
    "Event",
    "Flood",
    "Standing",
    "State",
    "cause_name",
    "consequence",
    "plan_name",
]
