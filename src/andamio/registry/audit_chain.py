"""Check a chain of audit rows and say exactly which row does not hold, and what was done to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from andamio.errors import AuditBroken, Fault, Text, text
from andamio.registry.audit_entry import GENESIS, AuditEntry, entry_hash
from andamio.registry.audit_head import AuditHead

Kind = Literal["edited", "deleted", "inserted", "moved", "truncated", "rewritten", "head-not-trusted"]

_EXAMINED = 100
"""How many broken rows are examined one by one; the count of the others is still reported."""


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What a check of the audit log found.

    Attributes:
        rows: How many rows were read.
        seq: The number of the last row, 0 for an empty log.
        hash: Its hash.
        heads: How many kept heads the chain was compared with.
        faults: What does not hold, with the row's ``seq`` and the ``kind`` of fault in ``data``.
    """

    rows: int
    seq: int
    hash: str
    heads: int
    faults: tuple[Fault, ...]

    @property
    def holds(self) -> bool:
        """Whether the log is as it was written."""
        return not self.faults

    def require(self, place: str) -> Self:
        """Return the verdict when the log holds.

        Args:
            place: Where the log is, for the one who reads the error.

        Raises:
            AuditBroken: With one fault for each thing found.
        """
        if not self.holds:
            raise AuditBroken(
                text("the audit log is not as it was written"),
                where=text("{place}", place=place),
                faults=self.faults,
                data={"rows": self.rows},
            )
        return self


def check_chain(
    entries: Iterable[AuditEntry], kept: Sequence[AuditHead] = (), untrusted: Sequence[AuditHead] = ()
) -> ChainVerdict:
    """Check every row, every link, and the chain against the heads that were kept.

    Args:
        entries: The rows in the order of ``seq``.
        kept: Heads whose signature holds.
        untrusted: Heads that were offered but that no trusted key signed.
    """
    walk = _Walk(watched={head.seq for head in kept})
    for entry in entries:
        walk.take(entry)
    faults = walk.missing + _classify(walk.broken) + walk.duplicates
    if walk.unexamined:
        faults.append(_unexamined_fault(walk))
    faults.sort(key=lambda fault: int(str(fault.data["seq"])))
    faults += _against_heads(walk, kept)
    faults += [_head_fault(head) for head in untrusted]
    return ChainVerdict(walk.rows, walk.last, walk.hash, len(kept), tuple(faults))


@dataclass(slots=True)
class _Walk:
    """One pass over the rows: what was seen so far, and what does not hold."""

    watched: set[int]
    rows: int = 0
    last: int = 0
    hash: str = GENESIS
    linked: bool = True
    seen: dict[int, str] = field(default_factory=lambda: {0: GENESIS})
    broken: list[AuditEntry] = field(default_factory=list)
    unexamined: int = 0
    missing: list[Fault] = field(default_factory=list)
    duplicates: list[Fault] = field(default_factory=list)

    def take(self, entry: AuditEntry) -> None:
        self.rows += 1
        if entry.seq <= self.last:
            self.duplicates.append(
                _fault("inserted", entry.seq, text("row {seq} was inserted", seq=entry.seq))
            )
            return
        if entry.seq > self.last + 1:
            self.missing.append(_missing_fault(self.last + 1, entry.seq - 1))
            self.linked = False
        self._check(entry)
        self.last, self.hash, self.linked = entry.seq, entry.hash, True
        if entry.seq in self.watched:
            self.seen[entry.seq] = entry.hash

    def _check(self, entry: AuditEntry) -> None:
        if entry_hash(entry) != entry.hash:
            if len(self.broken) < _EXAMINED:
                self.broken.append(entry)
            else:
                self.unexamined += 1
            return
        explained = not self.linked or (self.broken and self.broken[-1].seq == self.last)
        if entry.previous != self.hash and not explained:
            # This row is whole and names another row before it: the one before was exchanged.
            self.missing.append(_edited_fault(max(1, entry.seq - 1)))


def _classify(broken: Sequence[AuditEntry]) -> list[Fault]:
    """Tell, for rows whose hash does not fit, whether they were edited, or only stand elsewhere now."""
    places = {entry.seq for entry in broken}
    places |= {place + 1 for place in places} | {place - 1 for place in places}
    origin = {entry.seq: _origin(entry, places) for entry in broken}
    moved = [seq for seq, place in origin.items() if place is not None]
    shifts = {origin[seq] - seq for seq in moved}  # type: ignore[operator]  # moved rows have a place
    run = bool(moved) and moved[-1] - moved[0] + 1 == len(moved)
    edited = [_edited_fault(seq) for seq, place in origin.items() if place is None]
    if run and shifts == {1}:
        return [*edited, _missing_fault(moved[0], moved[0])]
    if run and shifts == {-1}:
        place = moved[0] - 1
        return [f for f in edited if f.data["seq"] != place] + [
            _fault("inserted", place, text("row {seq} was inserted", seq=place))
        ]
    return edited + [
        _fault(
            "moved", seq, text("row {seq} was row {origin}: rows were reordered", seq=seq, origin=origin[seq])
        )
        for seq in moved
    ]


def _origin(entry: AuditEntry, places: Iterable[int]) -> int | None:
    return next((place for place in sorted(places) if entry_hash(entry, seq=place) == entry.hash), None)


def _against_heads(walk: _Walk, kept: Sequence[AuditHead]) -> list[Fault]:
    faults: list[Fault] = []
    agreed = 0
    for head in sorted(kept, key=lambda head: head.seq):
        if head.seq > walk.last:
            faults.append(
                _fault(
                    "truncated",
                    walk.last + 1,
                    text(
                        "the log ends at row {last}, and a kept head knows row {seq}",
                        last=walk.last,
                        seq=head.seq,
                    ),
                    last=head.seq,
                )
            )
        elif walk.seen.get(head.seq) == head.hash:
            agreed = head.seq
        else:
            faults.append(
                _fault(
                    "rewritten",
                    agreed + 1,
                    text(
                        "rows {first} to {last} are not those that a kept head signed",
                        first=agreed + 1,
                        last=head.seq,
                    ),
                    last=head.seq,
                )
            )
    return faults


def _fault(kind: Kind, seq: int, what: Text, **data: object) -> Fault:
    return Fault(
        "audit-broken",
        what,
        where=text("audit log, row {seq}", seq=seq),
        fix=text("keep a copy of the database as it is now, and compare this row with the last backup"),
        data={"seq": seq, "kind": kind, **data},
    )


def _edited_fault(seq: int) -> Fault:
    return _fault("edited", seq, text("row {seq} was edited", seq=seq))


def _missing_fault(first: int, last: int) -> Fault:
    if first == last:
        return _fault("deleted", first, text("row {seq} was deleted", seq=first), last=last)
    return _fault(
        "deleted", first, text("rows {first} to {last} were deleted", first=first, last=last), last=last
    )


def _unexamined_fault(walk: _Walk) -> Fault:
    seq = walk.broken[-1].seq + 1
    return _fault(
        "edited", seq, text("{n} more rows from row {seq} on do not hold", n=walk.unexamined, seq=seq)
    )


def _head_fault(head: AuditHead) -> Fault:
    return Fault(
        "audit-broken",
        text("the kept head of row {seq} was not signed by a key that this plant trusts", seq=head.seq),
        fix=text("take the head from a bundle or a report of this plant"),
        data={"seq": head.seq, "kind": "head-not-trusted"},
    )
