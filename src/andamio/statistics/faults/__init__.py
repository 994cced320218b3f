"""Is it the process, or the sensor? Faults of single sensors, named, with their evidence.

``reference`` learns from training rows how every tag behaves; ``watch`` holds live rows against it, row by
row, and names what one tag does that neither its own history nor the other tags explain. One fault on one
tag has one name. Each kind of fault has its file; ``windows`` and ``signals`` compute what they look at.
"""

from andamio.statistics.faults.fault import Fault, FaultKind
from andamio.statistics.faults.reference import FaultReference
from andamio.statistics.faults.watch import FaultWatch

__all__ = ["Fault", "FaultKind", "FaultReference", "FaultWatch"]
