"""The whole story of a model, told on a simulated plant: from a historian's file to a rollback.

Nothing here pretends: it is the same code that a real plant runs, with simulated pumps in place of real
ones. ``plant`` makes the folder, ``service`` starts the scoring process and speaks to it over HTTP, ``story``
tells what happens, sentence by sentence.
"""

from andamio.demo.story import Ending, Scene, tell

__all__ = ["Ending", "Scene", "tell"]
