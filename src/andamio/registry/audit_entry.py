"""One row of the audit log, and the hash that chains it to the row before."""

from __future__ import annotations

from typing import Any

import msgspec

from andamio.kernel.digests import canonical_json, sha256

GENESIS = "0" * 64
"""What the first row names as the hash before it."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which thing, when and why, and how the thing was before and after.

    Attributes:
        seq: 1, 2, 3 … without holes.
        time: ISO 8601 in UTC.
        actor: The person, or "andamio" where the house acted by itself.
        action: A word of the log's vocabulary, such as "deploy-intended".
        subject: What it was done to: "pump-health@3".
        reason: Why, in the actor's words.
        old: How it was, as canonical JSON.
        new: How it is, as canonical JSON.
        previous: The hash of the row before.
        hash: The hash of all of the above.
    """

    seq: int
    time: str
    actor: str
    action: str
    subject: str
    reason: str
    old: str
    new: str
    previous: str
    hash: str = ""

    def old_value(self) -> Any:
        """Return how the thing was."""
        return msgspec.json.decode(self.old)

    def new_value(self) -> Any:
        """Return how the thing is."""
        return msgspec.json.decode(self.new)


def entry_hash(entry: AuditEntry, *, seq: int | None = None) -> str:
    """Return the SHA-256 of an entry's canonical JSON, its hash left out.

    Args:
        entry: The row.
        seq: Ask instead what the hash would be if the row stood at this place.
    """
    fields = msgspec.structs.asdict(entry)
    del fields["hash"]
    if seq is not None:
        fields["seq"] = seq
    return sha256(canonical_json(fields))
