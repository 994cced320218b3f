"""Who answers which row when a model has more than a champion, and who stands in."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from andamio.bundles import Outputs
from andamio.bundles.assignment import Assignment, plan
from andamio.bundles.deployment import Served
from andamio.contracts import Rows
from andamio.errors import BodyTooLarge, RowsRejected
from andamio.journal import PredictionRecord, Record, RejectRecord
from andamio.kernel.ids import IdMaker
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.predicting import PredictDoor
from andamio.serving.routing import RoutedDoor, Router, Shadows, Team
from andamio.serving.scorer import Scorer

ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
PUMPS = [f"pump-{n}" for n in range(100)]
RULE = '\n[fallback]\nversion = true\ntag = "bearing_temp"\nabove = 90\n'


class Broken:
    """A graph that cannot answer: it fails, or what it answers is no number."""

    def __init__(self, real: Any, *, silent: bool = False, hot: float = math.inf) -> None:
        self.real, self.silent, self.hot = real, silent, hot

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        if not self.silent:
            raise RuntimeError("the graph failed")
        outputs = self.real.run(rows, features=features)
        bad = rows.numbers[:, 0] > self.hot
        return Outputs(
            probabilities=np.where(bad[:, None], np.nan, outputs.probabilities).astype(np.float32),
            decision=outputs.decision,
        )


@pytest.fixture
def scorers(models: Any) -> dict[int, Scorer]:
    """Four versions that can be told apart by their answers."""
    return {number: models.scorer("two", version=number, bias=-0.1 * number) for number in (1, 2, 3, 4)}


def chance(version: int, temp: float = 80.0) -> float:
    return 1 / (1 + math.exp(-(0.01 * (temp - 20.0) - 0.1 * version)))


def trial(kind: Any, scorer: Scorer, share: float = 50, assets: Sequence[str] = ()) -> Any:
    return plan(None, kind, Served(scorer.version, scorer.digest), share, assets)


def team(champion: Scorer, **others: Any) -> Team:
    return Team(champion=champion, ids=IdMaker(), **others)


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"rows": rows}).encode()


class Doors:
    """A routed door with a journal in memory."""

    def __init__(self, members: Team, **limits: int) -> None:
        self.committed: list[tuple[Record, ...]] = []
        self.heard: list[tuple[Scorer, int, Sequence[str]]] = []
        self.metrics = Metrics()
        self._pool = ThreadPoolExecutor(1)
        self.door = RoutedDoor(
            Router(members), self, self._commit, self._pool, self.metrics, Limits(**limits)  # type: ignore[arg-type]
        )  # fmt: skip

    async def _commit(self, records: Sequence[Record]) -> None:
        self.committed.append(tuple(records))

    def hear(self, scorer: Scorer, rows: Rows, ids: Sequence[str]) -> None:
        assert self.committed, "a shadow hears nothing before the answer is recorded"
        self.heard.append((scorer, len(rows), ids))

    def ask(self, content: bytes) -> Any:
        return json.loads(asyncio.run(self.door.answer(content)))


def test_a_request_is_split_by_asset_and_merged_in_order(scorers: dict[int, Scorer]) -> None:
    doors = Doors(team(scorers[1], trial=trial("canary", scorers[2]), challenger=scorers[2]))
    challenged = Assignment(doors.door._router.team.trial).challenged
    answer = doors.ask(body(*[ROW | {"asset": asset} for asset in PUMPS]))
    assert answer["version"] is None
    expected = [2 if challenged(asset) else 1 for asset in PUMPS]
    assert set(expected) == {1, 2}
    assert [one["version"] for one in answer["predictions"]] == expected
    for one in answer["predictions"]:
        assert one["probability"] == pytest.approx(chance(one["version"]), abs=1e-6)
        assert "quality" not in one
    [records] = doors.committed
    journalled = {name: record for record in records for name in record.ids}
    assert [journalled[one["id"]].version for one in answer["predictions"]] == expected
    assert {(r.version, r.route, r.quality) for r in records if isinstance(r, PredictionRecord)} == {
        (1, "champion", "model"),
        (2, "canary", "model"),
    }
    assert doors.metrics.predictions == {("pump", 1): expected.count(1), ("pump", 2): expected.count(2)}


def test_the_rows_of_a_record_are_those_of_its_predictions(scorers: dict[int, Scorer]) -> None:
    doors = Doors(team(scorers[1], trial=trial("ab", scorers[2], 50, PUMPS), challenger=scorers[2]))
    rows = [ROW | {"asset": asset, "bearing_temp": 50.0 + n} for n, asset in enumerate(PUMPS)]
    answer = doors.ask(body(*rows))
    given = {
        one["id"]: (row["asset"], row["bearing_temp"])
        for one, row in zip(answer["predictions"], rows, strict=True)
    }
    [records] = doors.committed
    found = {p.id: (p.asset, float(p.numbers[0])) for record in records for p in record.predictions()}
    assert found == given


def test_an_asset_gets_the_same_version_every_time_and_an_ab_trial_is_even(
    scorers: dict[int, Scorer],
) -> None:
    doors = Doors(team(scorers[1], trial=trial("ab", scorers[2], 50, PUMPS), challenger=scorers[2]))
    answers = [doors.ask(body(*[ROW | {"asset": a} for a in PUMPS]))["predictions"] for _ in range(3)]
    versions = [[one["version"] for one in answer] for answer in answers]
    assert versions[0] == versions[1] == versions[2]
    assert versions[0].count(2) == 50


def test_rows_without_an_asset_are_split_by_their_predictions_id(scorers: dict[int, Scorer]) -> None:
    members = team(scorers[1], trial=trial("canary", scorers[2], 30), challenger=scorers[2])
    answer = Doors(members).ask(body(*[ROW] * 2000))
    once = Assignment(members.trial).challenged_once
    versions = [one["version"] for one in answer["predictions"]]
    assert versions == [2 if once(one["id"]) else 1 for one in answer["predictions"]]
    assert versions.count(2) / 2000 == pytest.approx(0.3, abs=0.06)


def test_one_row_answered_by_one_version_names_it_at_the_top(scorers: dict[int, Scorer]) -> None:
    doors = Doors(team(scorers[1], shadow=scorers[3]))
    answer = doors.ask(json.dumps({"row": ROW}).encode())
    assert (answer["version"], answer["predictions"][0]["version"]) == (1, 1)


def test_a_challenger_that_fails_is_stood_in_for_by_the_champion(
    scorers: dict[int, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers[2], "graph", Broken(scorers[2].graph))
    doors = Doors(team(scorers[1], trial=trial("canary", scorers[2]), challenger=scorers[2]))
    answer = doors.ask(body(*[ROW | {"asset": asset} for asset in PUMPS]))
    challenged = Assignment(doors.door._router.team.trial).challenged
    for asset, one in zip(PUMPS, answer["predictions"], strict=True):
        assert one["version"] == 1
        assert one.get("quality") == ("fallback" if challenged(asset) else None)
    [records] = doors.committed
    assert {(r.version, r.route, r.quality) for r in records if isinstance(r, PredictionRecord)} == {
        (1, "champion", "model"),
        (1, "canary", "fallback"),
    }


def test_a_champion_that_fails_is_stood_in_for_by_the_last_good_version(
    scorers: dict[int, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers[2], "graph", Broken(scorers[2].graph))
    answer = Doors(team(scorers[2], last_good=scorers[1])).ask(body(ROW))
    [one] = answer["predictions"]
    assert (one["version"], one["quality"]) == (1, "fallback")
    assert one["probability"] == pytest.approx(chance(1), abs=1e-6)


def test_only_the_rows_without_a_number_for_an_answer_fall_back(
    scorers: dict[int, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers[2], "graph", Broken(scorers[2].graph, silent=True, hot=90.0))
    rows = [ROW | {"bearing_temp": temp} for temp in (80.0, 95.0, 70.0, 120.0)]
    answer = Doors(team(scorers[2], last_good=scorers[1])).ask(body(*rows))
    assert [one["version"] for one in answer["predictions"]] == [2, 1, 2, 1]
    assert [one.get("quality") for one in answer["predictions"]] == [None, "fallback", None, "fallback"]
    for one, row in zip(answer["predictions"], rows, strict=True):
        assert one["probability"] == pytest.approx(chance(one["version"], row["bearing_temp"]), abs=1e-6)


def test_the_fixed_rule_answers_when_every_version_fails(
    models: Any, scorers: dict[int, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = models.scorer("two", version=5, more=RULE)
    for scorer in (champion, scorers[1]):
        monkeypatch.setattr(scorer, "graph", Broken(scorer.graph))
    doors = Doors(team(champion, last_good=scorers[1]))
    answer = doors.ask(body(ROW | {"bearing_temp": 95.0}, ROW | {"bearing_temp": 90.0}))
    told = [(p["version"], p["label"], p["decision"], p["probability"]) for p in answer["predictions"]]
    assert told == [(5, "failure", True, 1.0), (5, "fine", False, 0.0)]
    assert {one["quality"] for one in answer["predictions"]} == {"fallback"}
    assert doors.metrics.fallbacks == {"pump": 2}
    [[record]] = doors.committed
    assert (record.version, record.quality) == (5, "fallback")


def test_a_failure_that_nobody_stands_in_for_stays_a_failure(
    scorers: dict[int, Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers[1], "graph", Broken(scorers[1].graph))
    doors = Doors(team(scorers[1], shadow=scorers[2]))
    with pytest.raises(RuntimeError, match="the graph failed"):
        doors.ask(body(ROW))
    assert doors.committed == []


def test_a_shadow_hears_what_was_answered_and_is_not_in_it(scorers: dict[int, Scorer]) -> None:
    doors = Doors(team(scorers[1], shadow=scorers[3]))
    answer = doors.ask(body(ROW, ROW))
    assert [one["version"] for one in answer["predictions"]] == [1, 1]
    assert doors.heard == [(scorers[3], 2, [one["id"] for one in answer["predictions"]])]


def test_what_the_contract_refuses_is_journalled_once_and_heard_by_nobody(
    scorers: dict[int, Scorer],
) -> None:
    doors = Doors(team(scorers[1], shadow=scorers[2]))
    with pytest.raises(RowsRejected):
        doors.ask(body(ROW | {"bearing_temp": 500}))
    [[record]] = doors.committed
    assert isinstance(record, RejectRecord)
    assert doors.heard == []


def test_the_caps_hold_here_too(scorers: dict[int, Scorer]) -> None:
    with pytest.raises(BodyTooLarge):
        Doors(team(scorers[1], shadow=scorers[2]), rows=1).ask(body(ROW, ROW))


def test_a_long_body_is_routed_in_a_thread_with_the_same_answers(scorers: dict[int, Scorer]) -> None:
    members = team(scorers[1], trial=trial("ab", scorers[2], 50, PUMPS), challenger=scorers[2])
    rows = body(*[ROW | {"asset": asset} for asset in PUMPS])
    here, there = (Doors(members, inline_bytes=size).ask(rows) for size in (10**6, 1))
    assert [p["version"] for p in here["predictions"]] == [p["version"] for p in there["predictions"]]


def test_a_champion_alone_keeps_the_short_way(scorers: dict[int, Scorer]) -> None:
    async def commit(records: Sequence[Record]) -> None: ...

    def never() -> Any:
        raise AssertionError

    metrics = Metrics()
    board = Switchboard(
        commit, ThreadPoolExecutor(1), metrics, Limits(), shadows=Shadows(never, metrics.shadows)
    )
    alone = Generation(1, {"pump": scorers[1]})
    heard = Generation(2, {"pump": scorers[1]}, {}, {"pump": team(scorers[1], shadow=scorers[2])})
    places = [board.routes(one).find("/v1/models/pump/predict") for one in (alone, heard)]
    assert [type(place.post) for place in places if place] == [PredictDoor, RoutedDoor]
    assert [version for _, version, _ in metrics.models] == [1, 2]
