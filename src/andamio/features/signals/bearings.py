"""The frequencies at which a rolling bearing's faults repeat, as multiples of the shaft's speed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from andamio.features.expressions import Call, Negative, Node, Number


def outer_race(balls: float, projected: float) -> float:
    """Return how often a turn balls pass a point of the outer race (BPFO): ``balls/2 (1 - r cos a)``.

    Source: Randall, Vibration-based Condition Monitoring (2011), section 2.2.3; so are the others.
    """
    return balls / 2 * (1 - projected)


def inner_race(balls: float, projected: float) -> float:
    """Return how often a turn balls pass a point of the inner race (BPFI): ``balls/2 (1 + r cos a)``."""
    return balls / 2 * (1 + projected)


def cage(_: float, projected: float) -> float:
    """Return how often the cage turns in a turn of the shaft (FTF): ``(1 - r cos a)/2``."""
    return (1 - projected) / 2


BEARING: Mapping[str, Callable[[float, float], float]] = {
    "bpfo": outer_race,
    "bpfi": inner_race,
    "ftf": cage,
    "bsf": cage,
}


def bearing_order(call: Call) -> float:
    """Return the multiple of the shaft's frequency that a call of a bearing function stands for.

    ``ratio`` is a ball's diameter over the pitch diameter, ``angle`` the contact angle in degrees. The balls'
    own spin (BSF) is ``(1 - (r cos a)^2) / (2 r)``.
    """
    given = {option.name: typed(option.value) for option in call.options}
    ratio, angle = given["ratio"], math.radians(given.get("angle", 0.0))
    projected = ratio * math.cos(angle)
    if call.function == "bsf":
        return (1 - projected**2) / (2 * ratio)
    return BEARING[call.function](given.get("balls", 0.0), projected)


def typed(node: Node) -> float:
    """Return a number as typed, with its sign.

    Raises:
        KeyError: It is something else.
    """
    match node:
        case Number(value=value):
            return value
        case Negative(operand=Number(value=value)):
            return -value
    raise KeyError(node)
