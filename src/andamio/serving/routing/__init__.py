"""More than a champion: who answers which row, who listens, and who stands in.

A generation chooses once, for each model, between the plain door and the routed one; a model with a
champion alone pays nothing for what is here. ``team`` holds the loaded versions of one route, ``router``
splits rows between them and merges the answers in their order, ``standing_in`` answers what a version
cannot, ``shadows`` asks the shadow off the answer's path, and ``door`` speaks for them all.
"""

from andamio.serving.routing.door import RoutedDoor
from andamio.serving.routing.router import Routed, Router
from andamio.serving.routing.shadows import Shadows
from andamio.serving.routing.team import Team

__all__ = ["Routed", "RoutedDoor", "Router", "Shadows", "Team"]
