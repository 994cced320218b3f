"""For the person with a notebook: train, bring a model along, open a bundle and score, from Python.

These are the functions that ``andamio`` offers at its root. They wire what the commands wire, with the
defaults of the commands, and do nothing of their own: a model that is brought goes through the same proof,
gates and bundle as one that is trained here. ``scoring`` works on the base install, ``learning`` needs the
plant part.
"""
