"""A plant of our own to try things on: pumps that wear, seasons, faults, all from a seed.

The physics is simple and honest: affinity laws for flow and pressure, efficiency lost to wear, heat from
load and friction over the ambient, vibration from a worn bearing. What the simulator knows and the
plant's tags do not tell is the wear itself.
"""

from andamio.simulator.pumps import COLUMNS, TARGET, Disturbance, PumpPlant, Readings

__all__ = ["COLUMNS", "TARGET", "Disturbance", "PumpPlant", "Readings"]
