"""The states of an alarm and the ways between them, after ISA-18.2 (IEC 62682)."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an alarm stands. The letters of the standard's diagram stand behind."""

    NORMAL = "normal"  # A
    UNACKNOWLEDGED = "unacknowledged"  # B: it is so, and nobody has seen it
    ACKNOWLEDGED = "acknowledged"  # C: it is so, and somebody has seen it
    RETURNED = "returned-unacknowledged"  # D: it was so, and nobody saw it
    SHELVED = "shelved"  # G: a person put it aside until a moment
    SUPPRESSED = "suppressed"  # H: put aside by plan
    OUT_OF_SERVICE = "out-of-service"  # I: a person took it out until further notice


class Event(StrEnum):
    """What can happen to an alarm, or be written into its journal."""

    RAISED = "raised"
    RAISED_AGAIN = "raised-again"  # a new finding joined an alarm that had been acknowledged
    RETURNED = "returned"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    OUT_OF_SERVICE = "out-of-service"
    IN_SERVICE = "in-service"
    COMMENTED = "commented"
    FINDING_JOINED = "finding-joined"
    FINDING_LEFT = "finding-left"
    LATE = "late"
    FLOOD_BEGAN = "flood-began"
    FLOOD_ENDED = "flood-ended"
    NOTIFIED = "notified"


WAITING = frozenset({State.UNACKNOWLEDGED, State.RETURNED})
"""The states in which an alarm waits for a person."""

STANDING = frozenset({State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED})
"""The states of the ordinary list."""

_A, _B, _C, _D = State.NORMAL, State.UNACKNOWLEDGED, State.ACKNOWLEDGED, State.RETURNED
_SHELF, _PLAN, _OUT = State.SHELVED, State.SUPPRESSED, State.OUT_OF_SERVICE
_SHOWN = (_A, _B, _C, _D)

# Raised and returned while put aside change what is underneath, not the state.
_UNDERNEATH = {(state, state) for state in (_SHELF, _PLAN, _OUT)}

ALLOWED: dict[Event, set[tuple[State, State]]] = {
    Event.RAISED: {(_A, _B), (_D, _B), *_UNDERNEATH},
    Event.RAISED_AGAIN: {(_C, _B), *_UNDERNEATH},
    Event.RETURNED: {(_B, _D), (_C, _A), *_UNDERNEATH},
    Event.ACKNOWLEDGED: {(_B, _C), (_D, _A)},
    Event.SHELVED: {(state, _SHELF) for state in (*_SHOWN, _PLAN, _SHELF)},
    Event.UNSHELVED: {(_SHELF, _A), (_SHELF, _B), (_SHELF, _PLAN)},
    Event.SUPPRESSED: {(state, _PLAN) for state in _SHOWN} | {(_SHELF, _SHELF), (_OUT, _OUT)},
    Event.UNSUPPRESSED: {(_PLAN, state) for state in _SHOWN} | {(_SHELF, _SHELF), (_OUT, _OUT)},
    Event.OUT_OF_SERVICE: {(state, _OUT) for state in (*_SHOWN, _SHELF, _PLAN)},
    Event.IN_SERVICE: {(_OUT, _A), (_OUT, _B), (_OUT, _PLAN)},
}
"""Which event may lead from which state to which; the other events change no state."""
