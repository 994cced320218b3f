"""Whatever is done to the audit log behind the code's back is found, and the row is named."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.bundles import create_key
from andamio.errors import AuditBroken
from andamio.language import render_error
from andamio.registry import AuditEntry, AuditLog
from andamio.registry.audit_chain import ChainVerdict, check_chain
from andamio.registry.audit_entry import GENESIS, entry_hash
from andamio.registry.audit_head import AuditHead
from andamio.storage.database import Database


def written(audit: AuditLog, rows: int = 10) -> AuditLog:
    for n in range(1, rows + 1):
        audit.append("deploy-intended", f"pump-health@{n}", actor="ana", reason=f"day {n}", old=n - 1, new=n)
    return audit


def found(verdict: ChainVerdict) -> list[tuple[object, object]]:
    return [(fault.data["kind"], fault.data["seq"]) for fault in verdict.faults]


def unguarded(database: Database) -> sa.Connection:
    """A person with the database's password: the triggers are gone, the rows are his."""
    connection = database.engine.connect().execution_options(writes=True)
    if database.engine.dialect.name == "postgresql":
        connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        return connection
    for trigger in ("audit_no_update", "audit_no_delete", "audit_no_replace"):
        connection.execute(sa.text(f"DROP TRIGGER {trigger}"))
    return connection


def tamper(database: Database, *statements: str) -> None:
    with unguarded(database) as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
        connection.commit()


def test_an_untouched_log_holds(audit: AuditLog) -> None:
    verdict = written(audit).verify()
    assert verdict.holds
    assert (verdict.rows, verdict.seq) == (10, 10)
    assert verdict.hash == audit.entries()[-1].hash


def test_an_empty_log_holds(audit: AuditLog) -> None:
    assert audit.verify() == ChainVerdict(rows=0, seq=0, hash=GENESIS, heads=0, faults=())


def test_a_row_is_read_back_as_it_was_written(audit: AuditLog) -> None:
    entry = audit.append(
        "trained", "m@1", actor="ñandú", reason="café «ya»", old={"b": 1, "a": [None]}, new=2.5
    )
    assert audit.entries() == [entry]
    assert (entry.old_value(), entry.new_value()) == ({"a": [None], "b": 1}, 2.5)


def test_rows_of_one_model_are_not_those_of_one_that_begins_alike(audit: AuditLog) -> None:
    for subject in ("pump", "pump@1", "pump-health@1", "pumps"):
        audit.append("trained", subject, actor="ana")
    assert [entry.subject for entry in audit.entries(subject="pump")] == ["pump", "pump@1"]
    assert [entry.subject for entry in audit.entries(newest=1)] == ["pumps"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'eve' WHERE seq = 4", "DELETE FROM audit WHERE seq = 4", "DELETE FROM audit"],
)
def test_the_database_itself_refuses_to_change_the_log(
    audit: AuditLog, database: Database, statement: str
) -> None:
    written(audit)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(sa.text(statement))
    assert audit.verify().holds
    assert len(audit.entries()) == 10


def test_the_database_itself_refuses_to_empty_or_overwrite_the_log(
    audit: AuditLog, database: Database
) -> None:
    written(audit)
    if database.engine.dialect.name == "postgresql":
        statement = "TRUNCATE audit"
    else:
        statement = "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 4"
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), database.writing() as connection:
        connection.execute(sa.text(statement))
    assert audit.verify().holds


@pytest.mark.parametrize(
    ("column", "seq"),
    [
        *((name, 4) for name in AuditEntry.__struct_fields__ if name != "seq"),
        ("actor", 1),
        ("actor", 10),
        ("previous", 1),
        ("hash", 10),
    ],
)
def test_an_edited_row_is_named(audit: AuditLog, database: Database, column: str, seq: int) -> None:
    written(audit)
    tamper(database, f"UPDATE audit SET {column} = 'x' WHERE seq = {seq}")
    assert found(audit.verify()) == [("edited", seq)]


def test_an_edited_row_with_its_hash_recomputed_is_named(audit: AuditLog, database: Database) -> None:
    row = written(audit).entries()[3]
    forged = msgspec.structs.replace(row, reason="nothing happened")
    tamper(
        database, f"UPDATE audit SET reason = '{forged.reason}', hash = '{entry_hash(forged)}' WHERE seq = 4"
    )
    assert found(audit.verify()) == [("edited", 4)]


@pytest.mark.parametrize(("first", "last"), [(1, 1), (4, 4), (4, 6)])
def test_deleted_rows_are_named(audit: AuditLog, database: Database, first: int, last: int) -> None:
    written(audit)
    tamper(database, f"DELETE FROM audit WHERE seq BETWEEN {first} AND {last}")
    verdict = audit.verify()
    assert found(verdict) == [("deleted", first)]
    assert verdict.faults[0].data["last"] == last


def test_a_deleted_row_is_named_although_the_others_were_renumbered(
    audit: AuditLog, database: Database
) -> None:
    written(audit)
    tamper(database, "DELETE FROM audit WHERE seq = 4", *(renumber(n, n - 1) for n in range(5, 11)))
    assert found(audit.verify()) == [("deleted", 4)]


@pytest.mark.parametrize(("one", "other"), [(4, 5), (2, 9)])
def test_two_rows_that_changed_places_are_named(
    audit: AuditLog, database: Database, one: int, other: int
) -> None:
    written(audit)
    tamper(database, renumber(one, 0), renumber(other, one), renumber(0, other))
    assert found(audit.verify()) == [("moved", one), ("moved", other)]


def test_an_inserted_row_is_named(audit: AuditLog, database: Database) -> None:
    rows = written(audit).entries()
    forged = msgspec.structs.replace(rows[3], actor="eve", previous=rows[2].hash)
    forged = msgspec.structs.replace(forged, hash=entry_hash(forged))
    tamper(
        database,
        *(renumber(n, n + 1) for n in range(10, 3, -1)),
        "INSERT INTO audit (seq, time, actor, action, subject, reason, old, new, previous, hash) VALUES "
        f"(4, '{forged.time}', 'eve', '{forged.action}', '{forged.subject}', '{forged.reason}', "
        f"'{forged.old}', '{forged.new}', '{forged.previous}', '{forged.hash}')",
    )
    assert found(audit.verify()) == [("inserted", 4)]


def test_rows_cut_off_at_the_end_are_found_by_a_kept_head_only(
    audit: AuditLog, database: Database, tmp_path: Path
) -> None:
    signer = create_key(tmp_path / "keys" / "site.pem")
    head = written(audit).head(signer)
    tamper(database, "DELETE FROM audit WHERE seq > 7")
    assert audit.verify().holds
    verdict = audit.verify([head], [signer.public])
    assert found(verdict) == [("truncated", 8)]
    assert verdict.faults[0].data["last"] == 10


def test_a_chain_recomputed_as_a_whole_is_found_by_any_head_kept_since(
    audit: AuditLog, database: Database, tmp_path: Path
) -> None:
    signer = create_key(tmp_path / "keys" / "site.pem")
    early = written(audit, 3).head(signer)
    late = written(audit, 7).head(signer)
    recompute(database, audit, edited=6)
    assert audit.verify().holds
    assert audit.verify([early], [signer.public]).holds
    verdict = audit.verify([late, early], [signer.public])
    assert found(verdict) == [("rewritten", 4)]
    assert verdict.faults[0].data["last"] == 10


def test_a_head_that_no_trusted_key_signed_proves_nothing_and_is_reported(
    audit: AuditLog, tmp_path: Path
) -> None:
    ours, theirs = (create_key(tmp_path / "keys" / f"{name}.pem") for name in ("ours", "theirs"))
    head = written(audit).head(theirs)
    assert found(audit.verify([head], [ours.public])) == [("head-not-trusted", 10)]
    assert audit.verify([head], [ours.public, theirs.public]).holds


@pytest.mark.parametrize(
    "change", [{"seq": 3}, {"hash": "0" * 64}, {"signature": "AAAA"}, {"signature": "%"}]
)
def test_a_head_with_one_changed_field_is_not_trusted(
    audit: AuditLog, tmp_path: Path, change: dict[str, object]
) -> None:
    signer = create_key(tmp_path / "keys" / "site.pem")
    head = msgspec.structs.replace(written(audit).head(signer), **change)
    assert found(audit.verify([head], [signer.public])) == [("head-not-trusted", head.seq)]


def test_a_head_survives_its_way_through_a_bundles_record(audit: AuditLog, tmp_path: Path) -> None:
    signer = create_key(tmp_path / "keys" / "site.pem")
    head = written(audit).head(signer)
    kept = msgspec.convert(msgspec.json.decode(msgspec.json.encode(head)), AuditHead)
    assert audit.verify([kept], [signer.public]).holds


def test_a_broken_log_is_told_in_sentences(audit: AuditLog, database: Database) -> None:
    written(audit)
    tamper(database, "UPDATE audit SET actor = 'eve' WHERE seq IN (4, 8)")
    with pytest.raises(AuditBroken) as caught:
        audit.verify().require(database.place)
    shown = render_error(caught.value)
    assert "row 4 was edited" in shown
    assert "row 8 was edited" in shown


chains = st.integers(2, 25)


@settings(deadline=None)
@given(chains, st.data())
def test_any_single_change_is_located(length: int, data: st.DataObject) -> None:
    rows = chain(length)
    at = data.draw(st.integers(0, length - 1))
    act = data.draw(st.sampled_from(["edit", "rehash", "delete", "swap"]))
    if act == "edit":
        rows[at] = msgspec.structs.replace(rows[at], actor="eve")
        expected = [("edited", at + 1)]
    elif act == "rehash":
        forged = msgspec.structs.replace(rows[at], actor="eve")
        rows[at] = msgspec.structs.replace(forged, hash=entry_hash(forged))
        expected = [("edited", at + 1)] if at + 1 < length else []  # the last one needs a kept head
    elif act == "delete":
        del rows[at]
        expected = [("deleted", at + 1)] if at + 1 < length else []
    else:
        other = data.draw(st.integers(0, length - 1).filter(lambda place: place != at))
        rows[at], rows[other] = (
            msgspec.structs.replace(rows[other], seq=at + 1),
            msgspec.structs.replace(rows[at], seq=other + 1),
        )
        expected = [("moved", place + 1) for place in sorted((at, other))]
    assert found(check_chain(rows)) == expected


def test_a_log_broken_from_its_start_is_told_without_listing_every_row() -> None:
    rows = [msgspec.structs.replace(row, actor="eve") for row in chain(1000)]
    verdict = check_chain(rows)
    assert found(verdict)[:2] == [("edited", 1), ("edited", 2)]
    assert "900" in str(verdict.faults[-1].what)


def chain(length: int) -> list[AuditEntry]:
    rows: list[AuditEntry] = []
    for seq in range(1, length + 1):
        row = AuditEntry(
            seq=seq,
            time=f"2026-11-01T00:00:{seq % 60:02}.000000+00:00",
            actor="ana",
            action="trained",
            subject=f"m@{seq}",
            reason="",
            old="null",
            new=str(seq),
            previous=rows[-1].hash if rows else GENESIS,
        )
        rows.append(msgspec.structs.replace(row, hash=entry_hash(row)))
    return rows


def renumber(old: int, new: int) -> str:
    return f"UPDATE audit SET seq = {new} WHERE seq = {old}"


def recompute(database: Database, audit: AuditLog, *, edited: int) -> None:
    """Edit a row and write every hash after it anew, as a patient forger would."""
    previous, statements = GENESIS, []
    for row in audit.entries():
        forged = msgspec.structs.replace(row, previous=previous)
        if row.seq == edited:
            forged = msgspec.structs.replace(forged, actor="eve")
        previous = entry_hash(forged)
        statements.append(
            f"UPDATE audit SET actor = '{forged.actor}', previous = '{forged.previous}', hash = '{previous}' "
            f"WHERE seq = {row.seq}"
        )
    tamper(database, *statements)
