"""A real scoring process under constant load, while what answers changes again and again.

``ANDAMIO_ROUTE_VERBS=1000`` makes a long run of it; ``make routes`` does so.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from andamio.bundles.assignment import Assignment
from andamio.bundles.deployment import Route
from andamio.errors import AndamioError, NotFound, RouteRefused, WorkersRefused
from andamio.journal import PredictionRecord, ShadowRecord, read_journal
from andamio.lifecycle import (
    Plan,
    Switchboard,
    deploy_bundle,
    end_trials_here,
    promote_here,
    step_back,
    try_bundle,
)

pytestmark = [pytest.mark.live, pytest.mark.slow]

VERBS = int(os.environ.get("ANDAMIO_ROUTE_VERBS", "100"))
CONNECTIONS = 3
PUMPS = [f"pump-{n}" for n in range(12)]


@dataclass(frozen=True)
class Told:
    """One answer: when its request was sent, when it came, and who answered each row."""

    sent: float
    came: float
    rows: list[tuple[str | None, int, str]]


@dataclass
class Load:
    """Keeps asking about all pumps on several connections; remembers every answer."""

    port: int
    model: str
    row: dict[str, Any]
    chance: Callable[[int], float]
    told: list[Told] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, seed: int) -> None:
        draw = random.Random(seed)
        wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            while not self._stopping.is_set():
                self._ask(wire, [draw.choice([*PUMPS, None]) for _ in range(draw.choice([1, 1, 1, 20]))])
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(repr(error))
        finally:
            wire.close()

    def _ask(self, wire: http.client.HTTPConnection, assets: list[str | None]) -> None:
        rows = [self.row if asset is None else self.row | {"asset": asset} for asset in assets]
        body = json.dumps({"rows": rows}).encode()
        sent = time.monotonic()
        path = f"/v1/models/{self.model}/predict"
        wire.request("POST", path, body, {"Content-Type": "application/json"})
        reply = wire.getresponse()
        content = reply.read()
        came = time.monotonic()
        if reply.status != 200:
            self.wrong.append(f"{reply.status}: {content[:300]!r}")
            return
        answer = json.loads(content)
        found = [(p["id"], p.get("version", answer["version"]), p) for p in answer["predictions"]]
        for _, version, prediction in found:
            if abs(prediction["probability"] - self.chance(version)) > 1e-6 or not prediction["recorded"]:
                self.wrong.append(f"not version {version}: {prediction}")
        told = zip(assets, found, strict=True)
        self.told.append(Told(sent, came, [(asset, one[1], one[0]) for asset, one in told]))


@dataclass
class Epochs:
    """Which routes were in force, each from when its verb was given to when the next one had returned."""

    routes: list[Route] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    _assignments: dict[int, Assignment] = field(default_factory=dict)

    def add(self, began: float, returned: float, route: Route) -> None:
        if self.routes:
            self.ended.append(returned)
        self.routes.append(route)
        self.began.append(began)

    def explain(self, told: Told) -> bool:
        """Tell whether one of the routes of its time gives this answer, whole."""
        first = bisect_left(self.ended, told.sent)
        last = bisect_right(self.began, told.came)
        return any(self._gives(number, told) for number in range(first, last))

    def _gives(self, number: int, told: Told) -> bool:
        route = self.routes[number]
        if route.trial is None:
            return all(version == route.champion.version for _, version, _ in told.rows)
        assignment = self._assignments.setdefault(number, Assignment(route.trial))
        pair = (route.champion.version, route.trial.challenger.version)
        return all(
            version == pair[assignment.challenged(asset) if asset else assignment.challenged_once(name)]
            for asset, version, name in told.rows
        )


def verbs(board: Switchboard, good: list[Any], bad: Any, model: str, draw: random.Random) -> Iterator[Any]:
    """Yield verbs as they come to a nervous person's mind, among them versions that must be refused."""

    def deploy(served: Any) -> Any:
        return deploy_bundle(board, model, served.digest, number=served.version)

    def try_out(kind: Any, served: Any) -> Any:
        plan = Plan(kind, draw.choice([5.0, 30.0, 50.0]), PUMPS)
        return try_bundle(board, model, plan, served.digest, number=served.version)

    while True:
        served = draw.choice(good)
        yield draw.choice(
            [
                *[partial(deploy, served)] * 2,
                *[partial(try_out, "canary", served)] * 2,
                *[partial(try_out, kind, served) for kind in ("ab", "shadow")],
                partial(promote_here, board, model),
                *[partial(step_back, board, model)] * 2,
                partial(end_trials_here, board, model),
                partial(deploy, bad),
                *[partial(try_out, kind, bad) for kind in ("canary", "shadow")],
            ]
        )


def test_no_answer_is_lost_or_from_a_version_that_was_not_in_force(
    plant: Any, serve: Callable[..., Any]
) -> None:
    good = [plant.build(number) for number in (1, 2, 3, 4)]
    bad = plant.build(9, golden_shift=0.2)
    board = Switchboard(
        plant.deployment, plant.root / ".andamio" / "workers", plant.bundles, [plant.signer.public]
    )
    draw = random.Random(int(os.environ.get("ANDAMIO_ROUTE_SEED", "7")))
    epochs, outcomes, refused = Epochs(), Counter[str](), 0
    began = time.monotonic()
    first = deploy_bundle(board, plant.model, good[0].digest, number=1)
    epochs.add(began, time.monotonic(), first.after)
    with serve(plant) as running:
        with Load(running.port, plant.model, plant.row, plant.chance) as load:
            for verb, _ in zip(verbs(board, good, bad, plant.model, draw), range(VERBS), strict=False):
                began = time.monotonic()
                try:
                    change = verb()
                except (NotFound, RouteRefused) as error:
                    outcomes[error.code] += 1
                except WorkersRefused:
                    refused += 1
                else:
                    assert change.late == ()
                    outcomes["changed" if change.changed else "the same"] += 1
                    if change.changed:
                        epochs.add(began, time.monotonic(), change.after)
        assert running.stop() == 0
    assert load.wrong == []
    assert [told for told in load.told if not epochs.explain(told)] == []
    assert refused > VERBS / 20
    assert outcomes["changed"] > VERBS / 4
    _check_journal(plant, load, epochs)


def _check_journal(plant: Any, load: Load, epochs: Epochs) -> None:
    """Every answer was recorded once, by the version that gave it; shadows only beside them."""
    answered = {name: version for told in load.told for _, version, name in told.rows}
    recorded: dict[str, int] = {}
    heard: list[str] = []
    for record in read_journal(plant.journal):
        if isinstance(record, PredictionRecord):
            assert record.quality == "model"
            for name in record.ids:
                assert name not in recorded
                recorded[name] = record.version
        elif isinstance(record, ShadowRecord):
            heard += record.answer.ids
    assert answered.items() <= recorded.items()
    assert set(heard) <= set(recorded)
    assert bool(heard) == any(route.shadow is not None for route in epochs.routes)
    assert set(answered.values()) == {1, 2, 3, 4}


def test_a_challenger_of_other_tags_is_refused_before_anything_changes(plant: Any) -> None:
    board = Switchboard(
        plant.deployment, plant.root / ".andamio" / "workers", plant.bundles, [plant.signer.public]
    )
    deploy_bundle(board, plant.model, plant.build(1).digest, number=1)
    with pytest.raises(AndamioError):
        try_bundle(board, plant.model, Plan("canary", 10.0), "f" * 64, number=2)
    assert board.read().generation == 1
