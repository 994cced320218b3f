"""Models, versions and aliases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from andamio.errors import UsageError, VersionNotFound
from andamio.language import render_error
from andamio.registry import NewVersion, Reference, Registry, parse_reference


def bundle(letter: str = "a", *, model: str = "pump-health", deployable: bool = True) -> NewVersion:
    return NewVersion(
        model=model,
        digest=letter * 64,
        kind="classification",
        dataset="pumps",
        dataset_version=3,
        dataset_digest="d" * 64,
        deployable=deployable,
        gates=[{"gate": "recall >= 0.9", "value": 0.93, "passed": True}],
        note="first winter",
    )


def test_versions_count_up_within_their_model(registry: Registry) -> None:
    numbers = [registry.register(bundle(letter), actor="ana").number for letter in "abc"]
    other = registry.register(bundle("a", model="mill"), actor="ana")
    assert (numbers, other.number) == ([1, 2, 3], 1)
    assert [version.reference for version in registry.versions("pump-health")] == [
        "pump-health@1",
        "pump-health@2",
        "pump-health@3",
    ]


def test_a_registered_version_is_read_back_as_it_was_given(registry: Registry) -> None:
    written = registry.register(bundle(), actor="ana")
    read = registry.version("pump-health", 1)
    assert read == written
    assert read.gates == [{"gate": "recall >= 0.9", "value": 0.93, "passed": True}]
    assert (read.created_by, read.note, read.parent) == ("ana", "first winter", None)


def test_an_identical_bundle_keeps_its_number_and_writes_no_second_audit_row(registry: Registry) -> None:
    first = registry.register(bundle(), actor="ana")
    again = registry.register(bundle(), actor="beto")
    assert again == first
    assert [entry.action for entry in registry.audit.entries()] == ["version-registered"]


def test_a_model_that_was_never_trained_is_named_with_what_was_meant(registry: Registry) -> None:
    registry.register(bundle(), actor="ana")
    with pytest.raises(VersionNotFound) as caught:
        registry.versions("pump-helth")
    assert "did you mean pump-health?" in render_error(caught.value)


def test_an_empty_registry_says_how_to_train(registry: Registry) -> None:
    assert registry.models() == []
    with pytest.raises(VersionNotFound) as caught:
        registry.versions("mill")
    assert "andamio train mill" in render_error(caught.value)


def test_a_missing_version_lists_those_there_are(registry: Registry) -> None:
    registry.register(bundle("a"), actor="ana")
    registry.register(bundle("b"), actor="ana")
    with pytest.raises(VersionNotFound, match="no version 7") as caught:
        registry.version("pump-health", 7)
    assert "1, 2" in render_error(caught.value)


def test_a_digest_finds_its_version(registry: Registry) -> None:
    registry.register(bundle("a"), actor="ana")
    second = registry.register(bundle("b"), actor="ana")
    assert registry.find_digest("pump-health", "b" * 64) == second
    assert registry.find_digest("pump-health", "c" * 64) is None


def test_an_alias_names_the_version_it_was_moved_to_last(registry: Registry) -> None:
    for letter in "ab":
        registry.register(bundle(letter), actor="ana")
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    registry.aliases.move("pump-health", "champion", 2, actor="ana", reason="better recall")
    assert registry.resolve("pump-health").number == 2
    assert registry.resolve("pump-health@champion").number == 2
    assert registry.resolve("pump-health@1").number == 1
    assert [change.version for change in registry.aliases.history("pump-health")] == [1, 2]


def test_an_alias_that_stays_where_it_is_writes_nothing(registry: Registry) -> None:
    registry.register(bundle(), actor="ana")
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="again")
    assert len(registry.aliases.history("pump-health")) == 1
    assert [entry.action for entry in registry.audit.entries()] == ["version-registered", "alias-moved"]


def test_an_alias_taken_away_names_nothing(registry: Registry) -> None:
    registry.register(bundle(), actor="ana")
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    registry.aliases.move("pump-health", "champion", None, actor="ana", reason="withdrawn")
    with pytest.raises(VersionNotFound, match="has no champion"):
        registry.resolve("pump-health")
    assert registry.models()[0].champion is None


def test_an_alias_cannot_name_a_version_that_does_not_exist(registry: Registry) -> None:
    registry.register(bundle(), actor="ana")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        registry.aliases.move("pump-health", "champion", 9, actor="ana", reason="a slip")
    assert registry.aliases.history("pump-health") == []


def test_the_registry_answers_what_was_in_production_then(registry: Registry, clock) -> None:
    for letter in "ab":
        registry.register(bundle(letter), actor="ana")
    clock.moment = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    clock.moment = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
    registry.aliases.move("pump-health", "champion", 2, actor="ana", reason="better")

    november_first = datetime(2026, 11, 1, 23, 59, tzinfo=UTC)
    assert [(c.model, c.alias, c.version) for c in registry.aliases.as_of(november_first)] == [
        ("pump-health", "champion", 1)
    ]
    assert registry.resolve("pump-health", at=november_first).number == 1
    assert registry.aliases.as_of(datetime(2026, 10, 5, 7, 59, tzinfo=UTC)) == []
    with pytest.raises(VersionNotFound, match="had no champion then"):
        registry.resolve("pump-health", at=datetime(2026, 10, 1, tzinfo=UTC))


def test_a_clock_that_went_back_does_not_hide_the_later_change(registry: Registry, clock) -> None:
    for letter in "ab":
        registry.register(bundle(letter), actor="ana")
    clock.moment = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    clock.moment -= timedelta(hours=1)
    registry.aliases.move("pump-health", "champion", 2, actor="ana", reason="better")
    assert registry.aliases.number("pump-health", at=datetime(2026, 10, 5, 9, 0, tzinfo=UTC)) == 2


def test_models_are_summed_up_by_name(registry: Registry) -> None:
    registry.register(bundle("a"), actor="ana")
    registry.register(bundle("b", deployable=False), actor="ana")
    registry.register(bundle("a", model="mill"), actor="ana")
    registry.aliases.move("pump-health", "champion", 1, actor="ana", reason="start")
    mill, pumps = registry.models()
    assert (mill.model, mill.versions, mill.champion) == ("mill", 1, None)
    assert (pumps.versions, pumps.deployable, pumps.newest.number) == (2, 1, 2)
    assert pumps.champion is not None
    assert pumps.champion.number == 1


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pump-health", Reference("pump-health")),
        ("pump-health@3", Reference("pump-health", version=3)),
        (" pump-health@champion ", Reference("pump-health", alias="champion")),
    ],
)
def test_a_reference_is_read_and_written_alike(written: str, meant: Reference) -> None:
    assert parse_reference(written) == meant
    assert str(meant) == written.strip()


@pytest.mark.parametrize(
    "written", ["", "@3", "pump-health@", "pump-health@-1", "pump-health@3.0", "a@b c", "a@²"]
)
def test_what_is_no_reference_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(written)
    assert "NAME@3" in render_error(caught.value)
