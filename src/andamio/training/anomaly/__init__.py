"""Anomalies of machines that nobody labelled: what is usual is learnt, and how far a row lies from it.

``candidates`` names what is tried (``distances``, ``forecasts``, ``forests``, ``networks``, ``regimes``: one
file a family). ``blocks`` scores every row of the history by a model that has not seen its stretch of time,
``limits`` sets the limit from these scores and the budget of false alarms, ``faults`` makes up faults,
``choosing`` takes the candidate that notices most of them at its own limit unless its lead may be luck,
``fitting`` learns it from all rows, and ``learning`` hands it to the pipeline that proves, measures and
describes every candidate.
"""
