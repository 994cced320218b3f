"""What ``andamio doctor`` finds in the registry, on a box that has one."""

from __future__ import annotations

from andamio.errors import Text, text
from andamio.kernel.settings import PlantFolder


def look_at_registry(folder: PlantFolder) -> Text:
    """Open the plant's database and hold its audit log to the heads that the bundles keep.

    Raises:
        DatabaseUnreachable: It cannot be opened, or is gone.
        AuditBroken: The audit log is not as it was written.
    """
    # The rest of doctor runs on an edge box too, which has no registry.
    from andamio.app import refuse_to_forget, trusted_keys
    from andamio.registry import Registry, heads_of_bundles
    from andamio.storage.database import open_database

    refuse_to_forget(folder)
    if folder.settings.storage.database == "sqlite" and not (folder.hidden / "andamio.db").exists():
        return text("the registry is empty: nothing has been trained yet")
    database = open_database(folder.database_url)
    try:
        verdict = Registry(database).verify(heads_of_bundles(folder.bundles), trusted_keys(folder))
    finally:
        database.close()
    rows = verdict.require(database.place).rows
    return text("the registry opens, and its audit log is as it was written: {n} rows", n=rows)
