"""How a version comes to answer, and how the one before it comes back.

The deployment file is the truth of what answers. ``switchboard`` replaces it and waits until every living
scoring process has followed; that is all a box without a database needs (``edge``). A plant with a
registry writes its intent into the audit log first, then switches, then completes the registry and the log
(``deploying``, ``rolling_back``; ``trials`` for a canary, an A/B trial, a shadow). Whatever is interrupted in
between, ``reconciling`` brings the registry to the file at the next start.

Nothing here loads a database: the registry is handed in.
"""

from andamio.lifecycle.assets import known_assets
from andamio.lifecycle.change import Change
from andamio.lifecycle.deploying import deploy
from andamio.lifecycle.edge import (
    deploy_bundle,
    end_trials_here,
    promote_here,
    step_back,
    take_in,
    try_bundle,
)
from andamio.lifecycle.reconciling import Reconciled, reconcile, repair_deployment
from andamio.lifecycle.rolling_back import roll_back
from andamio.lifecycle.switchboard import Switchboard
from andamio.lifecycle.trials import Plan, end_trials, promote, try_out

__all__ = [
    "Change",
    "Plan",
    "Reconciled",
    "Switchboard",
    "deploy",
    "deploy_bundle",
    "end_trials",
    "end_trials_here",
    "known_assets",
    "promote",
    "promote_here",
    "reconcile",
    "repair_deployment",
    "roll_back",
    "step_back",
    "take_in",
    "try_bundle",
    "try_out",
]
