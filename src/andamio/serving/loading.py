"""Bring the versions that a deployment file names into memory, each verified and warmed before it may answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from andamio.bundles import Bundle, PublicKey, open_bundle
from andamio.bundles.deployment import Deployment, Served, read_deployment
from andamio.errors import AndamioError, InputRefused, text
from andamio.kernel.ids import IdMaker
from andamio.serving.generation import Generation
from andamio.serving.scorer import Scorer


@dataclass(frozen=True, slots=True)
class Loader:
    """Opens what the deployment file names.

    Attributes:
        deployment: The deployment file.
        bundles: The folder of bundles, one folder a digest.
        trusted: The public keys that may have signed them.
        ids: Where the prediction ids of every model come from.
        threads: Threads that one run of a graph may use.
    """

    deployment: Path
    bundles: Path
    trusted: Sequence[PublicKey]
    ids: IdMaker
    threads: int = 1

    def load(self, incumbent: Generation) -> Generation:
        """Return the generation that answers next.

        A generation is taken whole or not at all: when a version that is new in the file cannot be
        opened, or answers its golden rows wrongly, the incumbent stays as it is and carries the
        errors. Two exceptions keep a plant answering: at the start there is nothing to protect, so
        every model that opens answers; and a version that was refused before stops no later change
        of another model.
        """
        try:
            wanted = read_deployment(self.deployment)
            _check_order(wanted, incumbent, self.deployment)
        except AndamioError as error:
            return Generation(incumbent.number, incumbent.scorers, {"": error})
        scorers: dict[str, Scorer] = {}
        errors: dict[str, AndamioError] = {}
        refused: dict[str, str] = {}
        for name, route in wanted.models.items():
            kept = incumbent.scorers.get(name)
            if kept is not None and (kept.version, kept.digest) == (route.champion.version, route.champion.digest):
                scorers[name] = kept
                continue
            try:
                scorers[name] = self._open(name, route.champion)
            except AndamioError as error:
                errors[name] = error
                refused[name] = route.champion.digest
        news = {name for name, digest in refused.items() if incumbent.refused.get(name) != digest}
        if news and incumbent.number:
            return Generation(incumbent.number, incumbent.scorers, errors, incumbent.refused)
        return Generation(wanted.generation, scorers, errors, refused)

    def _open(self, name: str, served: Served) -> Scorer:
        bundle: Bundle = open_bundle(self.bundles / served.digest, self.trusted)
        scorer = Scorer(bundle, model=name, version=served.version, ids=self.ids, threads=self.threads)
        return scorer


def _check_order(wanted: Deployment, incumbent: Generation, path: Path) -> None:
    if wanted.generation < incumbent.number:
        raise InputRefused(
            text(
                "the deployment file went back from generation {incumbent} to {wanted}",
                incumbent=incumbent.number,
                wanted=wanted.generation,
            ),
            where=text("{place}", place=path),
            why=text("generations only rise, so that an old file cannot bring an old model back unseen"),
            fix=text("deploy the version that you want: andamio deploy NAME@VERSION"),
        )
