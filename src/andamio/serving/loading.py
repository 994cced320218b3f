"""Bring the versions that a deployment file names into memory, verified and asked their golden rows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from andamio.bundles import Bundle, PublicKey, open_bundle
from andamio.bundles.deployment import Deployment, Route, Served, read_deployment
from andamio.bundles.exchangeable import check_exchangeable
from andamio.errors import AndamioError, BundleRefused, InputRefused, text
from andamio.kernel.ids import IdMaker
from andamio.serving.generation import Generation
from andamio.serving.routing import Team
from andamio.serving.scorer import Scorer
from andamio.serving.warming import Warming

_log = logging.getLogger("andamio.serving")
_Key = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Loader:
    """Opens what the deployment file names.

    Attributes:
        deployment: The deployment file.
        bundles: The folder of bundles, one folder a digest.
        trusted: The public keys that may have signed them.
        ids: Where the prediction ids of every model come from.
        threads: Threads that one run of a graph may use.
        warming: What a version must pass before it takes traffic.
    """

    deployment: Path
    bundles: Path
    trusted: Sequence[PublicKey]
    ids: IdMaker
    threads: int = 1
    warming: Warming = field(default_factory=Warming)

    def load(self, incumbent: Generation) -> Generation:
        """Return the generation that answers next.

        A version that cannot be opened, or answers its golden rows wrongly or too late, is refused: its
        model keeps whoever answered before, or none, and the generation carries the error. A deployment
        file that cannot be read, or is older than what answers, changes nothing at all.
        """
        try:
            wanted = read_deployment(self.deployment)
            _check_order(wanted, incumbent, self.deployment)
        except AndamioError as error:
            return replace(incumbent, errors={"": error})
        there = {(scorer.model, scorer.version, scorer.digest): scorer for scorer in incumbent.loaded()}
        scorers: dict[str, Scorer] = {}
        teams: dict[str, Team] = {}
        errors: dict[str, AndamioError] = {}
        for name, route in wanted.models.items():
            try:
                team: Team | None = self._team(name, route, there)
                scorer: Scorer | None = team.champion if team is not None else None
            except AndamioError as error:
                errors[name] = error
                scorer, team = incumbent.scorers.get(name), incumbent.teams.get(name)
            if scorer is not None:
                scorers[name] = scorer
            if team is not None and not team.alone:
                teams[name] = team
        return Generation(wanted.generation, scorers, errors, teams)

    def _team(self, name: str, route: Route, there: Mapping[_Key, Scorer]) -> Team:
        """Load whoever a route names and is not there yet; all of them, or the route is refused."""
        champion = self._find(name, route.champion, there)
        trial, shadow = route.trial, route.shadow
        return Team(
            champion=champion,
            ids=self.ids,
            trial=trial,
            challenger=None if trial is None else self._beside(champion, trial.challenger, there),
            shadow=None if shadow is None else self._beside(champion, shadow, there),
            last_good=self._last_good(champion, route, there),
        )

    def _beside(self, champion: Scorer, served: Served, there: Mapping[_Key, Scorer]) -> Scorer:
        scorer = self._find(champion.model, served, there)
        check_exchangeable(f"{scorer.model}@{scorer.version}", champion, scorer)
        return scorer

    def _last_good(self, champion: Scorer, route: Route, there: Mapping[_Key, Scorer]) -> Scorer | None:
        """Load the version before, where the contract lets it stand in; without it the rest goes on."""
        fallback = champion.contract.fallback
        if fallback is None or not fallback.version or not route.previous:
            return None
        try:
            return self._beside(champion, route.previous[0], there)
        except AndamioError as error:
            _log.warning("%s@%s cannot stand in: %s", champion.model, route.previous[0].version, error)
            return None

    def _find(self, name: str, served: Served, there: Mapping[_Key, Scorer]) -> Scorer:
        kept = there.get((name, served.version, served.digest))
        return self._open(name, served) if kept is None else kept

    def _open(self, name: str, served: Served) -> Scorer:
        bundle: Bundle = open_bundle(self.bundles / served.digest, self.trusted)
        if bundle.model != name:
            raise _another_model(bundle, name)
        self.warming.check_room(bundle)
        scorer = Scorer(bundle, model=name, version=served.version, ids=self.ids, threads=self.threads)
        self.warming.warm(scorer, bundle)
        if not scorer.rowwise:
            _log.info(
                "%s@%s runs one row at a time; in company it might answer otherwise", name, served.version
            )
        return scorer


def _another_model(bundle: Bundle, name: str) -> BundleRefused:
    return BundleRefused(
        text(
            "the bundle is one of {found}, and the deployment file gives it to {name}",
            found=bundle.model,
            name=name,
        ),
        where=text("{path}", path=bundle.path),
        fix=text("deploy the version that you want: andamio deploy NAME@VERSION"),
    )


def _check_order(wanted: Deployment, incumbent: Generation, path: Path) -> None:
    if wanted.generation < incumbent.number:
        raise InputRefused(
            text(
                "the deployment file went back from generation {incumbent} to {wanted}",
                incumbent=incumbent.number,
                wanted=wanted.generation,
            ),
            where=text("{path}", path=path),
            why=text("generations only rise, so that an old file cannot bring an old model back unseen"),
            fix=text("deploy the version that you want: andamio deploy NAME@VERSION"),
        )
