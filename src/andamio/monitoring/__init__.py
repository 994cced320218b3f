"""Is the model still working? Read from the journal and the bundle's profile, never from a request.

``observation`` gathers what the journal holds of one model; ``sensors``, ``drift`` and ``performance`` each
look at it and state findings; ``health`` puts them together. A finding says what, since when and what to
do. The limits come from the plant's own history (``statistics.profile``).
"""

from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.health import ModelHealth, examine
from andamio.monitoring.observation import Observation, observe

__all__ = ["Cause", "Finding", "Level", "ModelHealth", "Observation", "examine", "observe"]
