"""Which rows should a person label next, and what may be concluded from rows that were chosen so?

``candidates`` gathers rows whose truth is unknown; ``choosing`` takes half of them at random and half where
the model is unsure or the row is rare, each with the chance it had; ``marks`` keeps that chance with the
truth, so that an estimate from labelled rows stays unbiased; ``asked`` tells that estimate.
"""

from andamio.monitoring.labelling.asked import Asked, asked_for
from andamio.monitoring.labelling.candidates import Candidate, gather_candidates
from andamio.monitoring.labelling.choosing import Chosen, choose_rows
from andamio.monitoring.labelling.marks import Mark, estimate_loss, read_mark

__all__ = [
    "Asked",
    "Candidate",
    "Chosen",
    "Mark",
    "asked_for",
    "choose_rows",
    "estimate_loss",
    "gather_candidates",
    "read_mark",
]
