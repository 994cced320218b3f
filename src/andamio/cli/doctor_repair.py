"""``andamio doctor --repair``: write a deployment file that cannot be read again."""

from __future__ import annotations

from andamio.bundles import PublicKey
from andamio.bundles.deployment import Deployment
from andamio.kernel.settings import PlantFolder


def repair(folder: PlantFolder) -> Deployment:
    """Bring the deployment file back as the audit log remembers it; one that can be read is left alone.

    Raises:
        DatabaseUnreachable: The audit log cannot be read.
        Busy: Another process is changing what answers.
    """
    # The rest of doctor runs on an edge box too, which has no registry to repair from.
    from andamio.lifecycle import Switchboard, repair_deployment
    from andamio.registry import Registry
    from andamio.storage.database import open_database

    trusted = tuple(PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted)
    board = Switchboard(folder.deployment, folder.workers, folder.bundles, trusted)
    return repair_deployment(Registry(open_database(folder.database_url)), board)
