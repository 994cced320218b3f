"""``data add``, ``train`` and ``deploy``, ended before every step on disk, in a half write, by Ctrl-C.

``train`` is taken from the moment when a candidate is trained: before it, nothing is written.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.xdist_group("dying")]

OPERATIONS = ("add_first", "add_more", "register", "deploy")
WRITTEN = ("datasets", "versions", "answers")


def told(trial: dict[str, Any]) -> str:
    """Write what a trial said, for a failure's text."""
    return f"{trial['way']} at {trial['number']}:\n{trial['said']}\n{trial['said_again']}"


def trials(outcomes: dict[str, Any], operation: str, way: str) -> list[dict[str, Any]]:
    """Return the trials that ended in one way."""
    return [trial for trial in outcomes[operation]["trials"] if trial["way"] == way]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_kill_before_every_step_happens_and_only_there(outcomes: dict[str, Any], operation: str) -> None:
    kills = trials(outcomes, operation, "kill")
    assert len(kills) > 10
    assert [trial["ended"] for trial in kills] == [-signal.SIGKILL] * (len(kills) - 1) + [0]
    assert all(trial["ended"] == -signal.SIGKILL for trial in trials(outcomes, operation, "torn"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_plant_opens_and_all_that_it_holds_is_whole(outcomes: dict[str, Any], operation: str) -> None:
    for trial in outcomes[operation]["trials"]:
        assert trial["looked"] == 0, told(trial)
        assert trial["found"]["wrong"] == [], told(trial)
        assert trial["again"]["wrong"] == [], told(trial)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_work_is_absent_or_complete_and_never_comes_and_goes(
    outcomes: dict[str, Any], operation: str
) -> None:
    kills = trials(outcomes, operation, "kill")
    absent, complete = kills[0]["found"], kills[-1]["found"]
    assert any(absent[part] != complete[part] for part in WRITTEN)
    for part in WRITTEN:
        for trial in outcomes[operation]["trials"]:
            assert trial["found"][part] in (absent[part], complete[part]), told(trial)
        done = [trial["found"][part] == complete[part] for trial in kills]
        assert done == sorted(done)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_next_run_completes_the_work_and_clears_what_was_left(
    outcomes: dict[str, Any], operation: str
) -> None:
    complete = trials(outcomes, operation, "kill")[-1]["again"]
    for trial in outcomes[operation]["trials"]:
        assert trial["status"] == 0, told(trial)
        assert {part: trial["again"][part] for part in (*WRITTEN, "pages")} == {
            part: complete[part] for part in (*WRITTEN, "pages")
        }, told(trial)
        assert trial["rest"] == [], told(trial)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_ctrl_c_leaves_nothing_behind_and_says_so(outcomes: dict[str, Any], operation: str) -> None:
    interrupted = trials(outcomes, operation, "interrupt")
    assert len(interrupted) >= 3
    for trial in interrupted:
        assert trial["left"] == [], told(trial)
        if operation != "register":  # it is not typed, see above
            assert trial["ended"] == 130, told(trial)
            assert "interrupted; nothing was left half-written" in trial["said"], told(trial)


def test_the_steps_of_the_delta_library_and_of_the_database_are_among_them(outcomes: dict[str, Any]) -> None:
    for operation in ("add_first", "add_more"):
        assert {"write", "fsync", "rename", "delta"} <= set(outcomes[operation]["steps"])
    assert {"write", "fsync", "rename", "commit"} <= set(outcomes["register"]["steps"])
    assert {"write", "fsync", "rename", "commit"} <= set(outcomes["deploy"]["steps"])


def test_two_processes_at_once_do_not_hurt_each_other(outcomes: dict[str, Any]) -> None:
    races = outcomes["races"]
    assert len(races) >= 9
    for race in races:
        assert race["looked"] == 0, race["said"]
        assert set(race["ended"]) <= {0, 6}, race["said"]
        assert 0 in race["ended"], race["said"]
        assert set(race["again"]) <= {0}, race["said"]
        assert race["found"]["wrong"] == race["at last"]["wrong"] == [], race["said"]
        if 6 in race["ended"]:
            assert "error[busy]" in race["said"]


def test_what_two_processes_added_at_once_is_all_there(outcomes: dict[str, Any]) -> None:
    held = [set(race["at last"]["datasets"]) for race in outcomes["races"][0::3]]
    assert held == [{"pumps@0", "pumps@1", "pumps@2"}] * len(held)
    held = [set(race["at last"]["datasets"]) for race in outcomes["races"][1::3]]
    assert held == [{"pumps@0", "pumps@1", "others@0"}] * len(held)
    answers = [race["at last"]["answers"]["pump-health"] for race in outcomes["races"][2::3]]
    assert set(answers) <= {2, 3}


def test_kills_at_random_times_leave_the_work_absent_or_complete(outcomes: dict[str, Any]) -> None:
    kills = outcomes["at random"]
    assert len([kill for kill in kills if kill["ended"] == -signal.SIGKILL]) >= 6
    for kill in kills:
        assert kill["looked"] == 0, kill["said"]
        assert kill["found"]["wrong"] == [], kill["said"]
    finished = [kill for kill in kills if kill["last"]]
    assert [kill["ended"] for kill in finished] == [0, 0], kills[-1]["said"]
    assert [kill["left"] for kill in finished] == [[], []]
    assert set(finished[-1]["found"]["datasets"]) == {"pumps@0", "pumps@1"}
    assert len(finished[-1]["found"]["versions"]) == 4
