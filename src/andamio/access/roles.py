"""What a token may be allowed to do, and the roles that name the usual sets of it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from andamio.errors import UsageError, text

ACTIONS = ("predict", "feedback", "read", "metrics")

ROLES = {
    "machine": ("predict",),
    "operator": ("predict", "feedback", "read"),
    "monitor": ("read", "metrics"),
    "maintainer": ACTIONS,
}


def actions_of(roles: Iterable[str], actions: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the actions that some roles and some further actions allow, in the order of ``ACTIONS``.

    >>> actions_of(["monitor"], ["predict"])
    ('predict', 'read', 'metrics')

    Raises:
        UsageError: A role or an action does not exist, or none is named.
    """
    allowed: set[str] = set()
    for role in roles:
        allowed.update(ROLES[_known(role, tuple(ROLES))])
    for action in actions:
        allowed.add(_known(action, ACTIONS))
    if not allowed:
        raise UsageError(
            text("the token would be allowed nothing"),
            fix=text("name a role ({roles}) or an action", roles=", ".join(ROLES)),
        )
    return tuple(action for action in ACTIONS if action in allowed)


def _known(name: str, names: tuple[str, ...]) -> str:
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    raise UsageError(
        text("there is no role or action {name}", name=name),
        fix=text("did you mean {near}?", near=near[0])
        if near
        else text("choose one of: {names}", names=", ".join(names)),
    )
