"""Look at everything that answers, once or again and again, as the one process that keeps the watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from andamio.bundles.deployment import Route, Served, read_deployment
from andamio.errors import AndamioError, Busy, NotFound, text
from andamio.journal import Archive
from andamio.kernel.settings import PlantFolder
from andamio.monitoring.findings import Finding
from andamio.monitoring.opening import LOCK, Watched, open_watch
from andamio.monitoring.references import References
from andamio.monitoring.watch import STEP
from andamio.storage.files import make_folder
from andamio.storage.locks import Lock, hold

Past = Callable[[], Archive | None]


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at one version found.

    Attributes:
        watched: The version.
        rows: Rows that came since the last look.
        findings: What stands, the most urgent first.
        kept: Whether the look was kept; another process may be the one that keeps.
    """

    watched: Watched
    rows: int
    findings: Sequence[Finding]
    kept: bool


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what was found, and, by model, what kept a model from being looked at."""

    looked: tuple[Looked, ...]
    failures: Mapping[str, AndamioError]


_Place = tuple[str, int, str]


class Rounds:
    """Goes round the models of a plant; each model's watch is held against other writers meanwhile.

    Args:
        plant: The plant's folder.
        past: Opens the journal's archive, where there is one.
        model: One model only, or NAME@VERSION; "" is all.
        yielding: Look without keeping where another process keeps the watch, instead of failing.
    """

    def __init__(self, plant: PlantFolder, past: Past, model: str = "", *, yielding: bool = False) -> None:
        self._plant = plant
        self._past = past
        self._model = model
        self._yielding = yielding
        self._locks: dict[str, Lock] = {}
        self._open: dict[_Place, tuple[str | None, Watched]] = {}

    def go(self, now: float) -> Round:
        """Look at every version that answers; one that cannot be looked at does not hide the others.

        Args:
            now: Seconds since 1970.
        """
        looked: list[Looked] = []
        failures: dict[str, AndamioError] = {}
        seen: set[_Place] = set()
        for name, route in routes_of(self._plant, self._model).items():
            try:
                kept = self._hold(name)
                for served in versions_of(route, name, self._model.partition("@")[2]):
                    seen.add((name, served.version, served.digest))
                    looked.append(self._look(name, served, now, kept=kept))
            except AndamioError as error:
                failures[name] = error
        self._open = {place: one for place, one in self._open.items() if place in seen}
        return Round(tuple(looked), failures)

    def close(self) -> None:
        """Let other processes keep the watches."""
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()
        self._open.clear()

    def _look(self, name: str, served: Served, now: float, *, kept: bool) -> Looked:
        place = (name, served.version, served.digest)
        rebase = References(self._plant.monitor / name / "references").current(served.digest)
        known = self._open.pop(place, None)
        if known is None or known[0] != rebase:
            known = rebase, open_watch(self._plant, name, served, archive=None)
        watched = known[1]
        watched.follower.stream.archive = self._past()
        if not kept:
            watched.follower.file = None
        # A look that failed half-way is no longer what the file says: it is opened again the next time.
        rows = watched.follower.catch_up(now)
        self._open[place] = known
        return Looked(watched, rows, watched.standing(), kept)

    def _hold(self, model: str) -> bool:
        if model in self._locks:
            return True
        folder = self._plant.monitor / model
        make_folder(folder)
        try:
            self._locks[model] = hold(
                folder / LOCK, text("the watch of {model}", model=model), patience_s=1.0
            )
        except Busy:
            if not self._yielding:
                raise
            return False
        return True


def routes_of(plant: PlantFolder, model: str = "") -> Mapping[str, Route]:
    """Return what is in production, of one model or of all.

    Raises:
        NotFound: The model that was named is not.
    """
    name = model.partition("@")[0]
    deployment = read_deployment(plant.deployment)
    routes = {known: route for known, route in deployment.models.items() if name in {"", known}}
    if name and not routes:
        raise NotFound(
            text("{model} is not in production", model=name),
            fix=text("andamio deploy {model}@VERSION puts a version there", model=name),
        )
    return routes


def versions_of(route: Route, name: str, wanted: str = "") -> Sequence[Served]:
    """Return the versions that answer, or one that was named and answers or answered before.

    Raises:
        NotFound: No such version is or was in production.
    """
    answering = [route.champion, *([] if route.trial is None else [route.trial.challenger])]
    if not wanted:
        return answering
    known = [*answering, *route.previous]
    found = [served for served in known if str(served.version) == wanted]
    if not found:
        raise NotFound(
            text("{model}@{version} neither answers nor answered before", model=name, version=wanted),
            fix=text("these do: {versions}", versions=", ".join(f"{name}@{one.version}" for one in known)),
        )
    return found[:1]


def open_past(plant: PlantFolder, model: str, past: Past, *, step: int = STEP) -> Watched:
    """Open a fresh watch of one version, of which nothing is kept, for a look at the past.

    Raises:
        NotFound: That model or version is not and was not in production.
    """
    name, _, version = model.partition("@")
    route = routes_of(plant, name)[name]
    served = versions_of(route, name, version)[0]
    return open_watch(plant, name, served, archive=past(), kept=False, step=step, after_rebase=False)
