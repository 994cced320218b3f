"""Any sequence of deploy, canary, A/B, shadow, promote, rollback, end and crash, on a real plant's folder.

A plain model of what a person would expect stands beside it: who answers, who is tried, who listens, what a
rollback brings. After every step the deployment file and the registry's aliases agree with it, and at the
end the audit log is whole. The same sequences run on a box without a registry.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from andamio.bundles import create_key
from andamio.errors import NotFound
from andamio.lifecycle import (
    Plan,
    Switchboard,
    deploy,
    deploy_bundle,
    end_trials,
    end_trials_here,
    promote,
    promote_here,
    reconcile,
    roll_back,
    step_back,
    try_bundle,
    try_out,
)
from andamio.registry import Registry
from andamio.storage.database import open_database

from .conftest import SmallPlant

MODEL = "pump-health"
VERSIONS = 4
PUMPS = ("pump-1", "pump-2", "pump-3")
WHO = {"actor": "ana", "reason": "trial"}
# Where the process ends: mostly nowhere.
ends = st.sampled_from([None, None, None, "before the file", "after the file"])
others = st.integers(0, VERSIONS - 2)


class Crash(BaseException):
    """The process ends here."""


class CrashingBoard(Switchboard):
    """A switchboard whose process may end just before, or just after, the file is replaced."""

    end: str | None = None

    def switch(self, wanted: Any, model: str) -> Any:
        if CrashingBoard.end == "before the file":
            raise Crash
        switched = super().switch(wanted, model)
        if CrashingBoard.end == "after the file":
            raise Crash
        return switched


def open_plant(folder: Path, signer: Any) -> SmallPlant:
    hidden = folder / ".andamio"
    hidden.mkdir(exist_ok=True)
    database = open_database(f"sqlite:///{hidden / 'andamio.db'}")
    board = CrashingBoard(
        deployment=hidden / "deployment.json",
        workers=hidden / "workers",
        bundles=hidden / "bundles",
        trusted=[signer.public],
    )
    return SmallPlant(Registry(database), board, signer)


class Routes(RuleBasedStateMachine):
    """The plant, and what a person would expect of it."""

    template: Path
    signer: Any
    digests: dict[int, str]
    registered = True

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="routes-"))
        shutil.copytree(self.template / ".andamio", self.folder / ".andamio")
        self.plant = open_plant(self.folder, self.signer)
        self.champion, self.previous = 0, [0][:0]
        self.trial: tuple[str, int, float] | None = None
        self.shadow: int | None = None
        self.generation = 0
        self.do("deploy", 1, end=None, expect=lambda: setattr(self, "champion", 1))

    def teardown(self) -> None:
        if self.registered:
            assert self.plant.registry.verify().faults == ()
            assert not self.plant.actions()[-1].endswith("-intended")
        self.plant.registry.database.close()
        shutil.rmtree(self.folder)

    def verb(self, name: str, number: int, plan: Plan | None) -> Any:
        """Do a verb, with the registry or on the file alone."""
        board = self.plant.board
        if not self.registered:
            digest = self.digests.get(number, "")
            verbs: dict[str, Any] = {
                "deploy": partial(deploy_bundle, board, MODEL, digest, number=number),
                "try": partial(try_bundle, board, MODEL, plan, digest, number=number),
                "promote": partial(promote_here, board, MODEL),
                "rollback": partial(step_back, board, MODEL),
                "end": partial(end_trials_here, board, MODEL),
            }
            return verbs[name]()
        asked = (self.plant.registry, board, MODEL)
        verbs = {
            "deploy": partial(deploy, *asked, number, **WHO),
            "try": partial(try_out, *asked, number, plan, **WHO),
            "promote": partial(promote, *asked, **WHO),
            "rollback": partial(roll_back, *asked, **WHO),
            "end": partial(end_trials, *asked, **WHO),
        }
        return verbs[name]()

    def do(
        self,
        name: str,
        number: int = 0,
        plan: Plan | None = None,
        *,
        end: str | None,
        expect: Callable[[], Any],
    ) -> None:
        """Do a verb; a crash leaves it undone or done, and the next start makes the books good."""
        CrashingBoard.end = end
        try:
            self.verb(name, number, plan)
        except Crash:
            if self.registered:
                self.plant.registry.database.close()
                self.plant = open_plant(self.folder, self.signer)
                assert reconcile(self.plant.registry, self.plant.board).closed
            if end == "before the file":
                return
        finally:
            CrashingBoard.end = None
        expect()

    def other(self, place: int) -> int:
        """Return one of the versions that are not the champion."""
        return [number for number in range(1, VERSIONS + 1) if number != self.champion][place]

    def lead(self, number: int) -> None:
        if number != self.champion:
            self.previous.insert(0, self.champion)
            self.champion = number
        if self.shadow == number:
            self.shadow = None
        self.trial = None

    @rule(number=st.integers(1, VERSIONS), end=ends)
    def deploy(self, number: int, end: str | None) -> None:
        self.do("deploy", number, end=end, expect=partial(self.lead, number))

    @rule(place=others, share=st.sampled_from([5.0, 50.0]), kind=st.sampled_from(["canary", "ab"]), end=ends)
    def try_out(self, place: int, share: float, kind: Any, end: str | None) -> None:
        number = self.other(place)

        def expect() -> None:
            self.trial = (kind, number, share)
            self.shadow = None if self.shadow == number else self.shadow

        self.do("try", number, Plan(kind, share, PUMPS), end=end, expect=expect)

    @rule(place=others, end=ends)
    def listen(self, place: int, end: str | None) -> None:
        number = self.other(place)
        if self.trial is None or self.trial[1] != number:
            self.do("try", number, Plan("shadow"), end=end, expect=lambda: setattr(self, "shadow", number))

    @rule(end=ends)
    def promote(self, end: str | None) -> None:
        challenger = self.trial[1] if self.trial else self.shadow
        if challenger is None:
            with pytest.raises(NotFound):
                self.verb("promote", 0, None)
            return
        self.do("promote", end=end, expect=partial(self.lead, challenger))

    @rule(end=ends)
    def roll_back(self, end: str | None) -> None:
        if self.trial is None and not self.previous:
            with pytest.raises(NotFound):
                self.verb("rollback", 0, None)
            return

        def expect() -> None:
            if self.trial is not None:
                self.trial = None
                return
            self.champion = self.previous.pop(0)
            self.shadow = None if self.shadow == self.champion else self.shadow

        self.do("rollback", end=end, expect=expect)

    @rule(end=ends)
    def end_trials(self, end: str | None) -> None:
        def expect() -> None:
            self.trial = self.shadow = None

        if self.trial is not None or self.shadow is not None:
            self.do("end", end=end, expect=expect)

    @invariant()
    def the_file_says_what_a_person_expects(self) -> None:
        deployment = self.plant.board.read()
        route = deployment.models[MODEL]
        trial = route.trial
        assert deployment.generation >= self.generation
        self.generation = deployment.generation
        assert route.champion.version == self.champion
        assert [served.version for served in route.previous] == self.previous
        assert (trial and (trial.kind, trial.challenger.version, trial.share)) == self.trial
        assert (route.shadow.version if route.shadow else None) == self.shadow

    @invariant()
    def the_registry_names_the_same(self) -> None:
        if self.registered:
            aliases = self.plant.registry.aliases
            told = [aliases.number(MODEL, name) for name in ("champion", "challenger", "shadow")]
            assert told == [self.champion, self.trial and self.trial[1], self.shadow]


class RoutesOnTheFileAlone(Routes):
    """The same on a box whose database is away."""

    registered = False


@pytest.fixture(scope="module")
def _template(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A plant with four versions, none of them deployed."""
    folder = tmp_path_factory.mktemp("template")
    signer = create_key(tmp_path_factory.mktemp("keys") / "site.pem")
    plant = open_plant(folder, signer)
    Routes.digests = {number: plant.train().digest for number in range(1, VERSIONS + 1)}
    plant.registry.database.close()
    Routes.template, Routes.signer = folder, signer


@pytest.mark.usefixtures("_template")
@pytest.mark.parametrize(("machine", "sequences"), [(Routes, 8), (RoutesOnTheFileAlone, 25)])
def test_any_order_of_verbs_and_crashes_leaves_what_a_person_expects(
    machine: type[Routes], sequences: int
) -> None:
    case = machine.TestCase
    case.settings = settings(
        max_examples=sequences,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    case().runTest()
