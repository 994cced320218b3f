"""Deploy and roll back on a box that has no registry: the deployment file alone.

On a plant with a registry this is the way out while its database cannot be reached; the next start tells
the registry what was done here.
"""

from __future__ import annotations

from pathlib import Path

from andamio.bundles.deployment import Deployment, Served
from andamio.bundles.opening import Bundle, open_bundle
from andamio.errors import text
from andamio.lifecycle.change import Change, told_as_change, unchanged
from andamio.lifecycle.switchboard import Switchboard
from andamio.lifecycle.trials import Plan, check_beside
from andamio.storage.files import make_folder, publish_folder, saying_when_full, staging_folder, write_file
from andamio.storage.locks import folder_lock

_PATIENCE_S = 60.0


def take_in(board: Switchboard, folder: Path) -> Bundle:
    """Copy a bundle from elsewhere, a memory stick for instance, into this box's store.

    Args:
        board: Whose store, and whose trusted keys.
        folder: The bundle's folder, named by its digest.

    Raises:
        NotFound: There is no such folder.
        BundleRefused: It is not as a trusted key signed it; nothing was copied.
        Busy: Another process is at work on the store.
        DiskFull: There is no room; the store is as it was.
    """
    bundle = open_bundle(folder, board.trusted)
    make_folder(board.bundles)
    with folder_lock(board.bundles, text("the store of bundles"), patience_s=_PATIENCE_S):
        if not (board.bundles / bundle.digest).exists():
            _copy(folder, board, bundle.digest)
    return open_bundle(board.bundles / bundle.digest, board.trusted)


def _copy(folder: Path, board: Switchboard, digest: str) -> None:
    with staging_folder(board.bundles) as staging, saying_when_full(board.bundles / digest):
        copy = staging / digest
        make_folder(copy)
        for file in folder.iterdir():
            write_file(copy / file.name, file.read_bytes())
        # What was copied is what is checked: the original may have changed since.
        open_bundle(copy, board.trusted)
        publish_folder(copy, board.bundles / digest)


def deploy_bundle(board: Switchboard, model: str, digest: str, *, number: int | None = None) -> Change:
    """Let a bundle of this box's store answer.

    Args:
        board: Where it is decided what answers.
        model: The model's name.
        digest: The bundle's.
        number: The version's number at the plant; left out, one more than this box has seen.

    Raises:
        NotTrusted: The bundle is not as it was signed, or not by a trusted key.
        NotFound: The store does not have it.
        WorkersRefused: A scoring process could not load it; the one before was put back.
        Busy: Another deploy or rollback is under way.
    """
    board.open(model, digest)
    with board.hold():
        there = board.read()
        served = Served(number or _number(there, model, digest), digest)
        return _switch(board, model, there, there.deploying(model, served))


def step_back(board: Switchboard, model: str) -> Change:
    """Let the version answer that answered before this one. See ``roll_back`` for what it raises."""
    with board.hold():
        there = board.read()
        wanted = there.rolling_back(model)
        board.open(model, wanted.models[model].champion.digest)
        return _switch(board, model, there, wanted)


def try_bundle(
    board: Switchboard, model: str, plan: Plan, digest: str, *, number: int | None = None
) -> Change:
    """Let a bundle of this box's store stand beside the champion. See ``try_out`` for what it raises."""
    with board.hold():
        there = board.read()
        served = Served(number or _number(there, model, digest), digest)
        check_beside(board, there, model, served)
        return _switch(board, model, there, plan.applied(there, model, served))


def promote_here(board: Switchboard, model: str) -> Change:
    """Make the challenger the champion. See ``promote`` for what it raises."""
    with board.hold():
        there = board.read()
        wanted = there.promoting(model)
        board.open(model, wanted.models[model].champion.digest)
        return _switch(board, model, there, wanted)


def end_trials_here(board: Switchboard, model: str) -> Change:
    """Let the champion answer alone. See ``end_trials`` for what it raises."""
    with board.hold():
        there = board.read()
        return _switch(board, model, there, there.ending_trials(model))


def _switch(board: Switchboard, model: str, there: Deployment, wanted: Deployment) -> Change:
    old, new = there.models.get(model), wanted.models[model]
    if new.same_work(old):
        return unchanged(model, new, there.generation)
    return told_as_change(model, old, new, board.switch(wanted, model))


def _number(there: Deployment, model: str, digest: str) -> int:
    route = there.models.get(model)
    known = (*route.versions(), *route.previous) if route else ()
    same = next((served.version for served in known if served.digest == digest), None)
    return same or max((served.version for served in known), default=0) + 1
