"""Bring the versions that a deployment file names into memory, verified and asked their golden rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from andamio.bundles import Bundle, PublicKey, open_bundle
from andamio.bundles.deployment import Deployment, Served, read_deployment
from andamio.bundles.golden import check_golden
from andamio.errors import AndamioError, BundleRefused, InputRefused, text
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

        A version that cannot be opened, or answers its golden rows wrongly, is refused: its model keeps the
        version that answered before, or none, and the generation carries the error. A deployment file that
        cannot be read, or is older than what answers, changes nothing at all.
        """
        try:
            wanted = read_deployment(self.deployment)
            _check_order(wanted, incumbent, self.deployment)
        except AndamioError as error:
            return Generation(incumbent.number, incumbent.scorers, {"": error})
        scorers: dict[str, Scorer] = {}
        errors: dict[str, AndamioError] = {}
        for name, route in wanted.models.items():
            kept = incumbent.scorers.get(name)
            try:
                scorers[name] = kept if _is(kept, route.champion) else self._open(name, route.champion)
            except AndamioError as error:
                errors[name] = error
                if kept is not None:
                    scorers[name] = kept
        return Generation(wanted.generation, scorers, errors)

    def _open(self, name: str, served: Served) -> Scorer:
        bundle: Bundle = open_bundle(self.bundles / served.digest, self.trusted)
        if bundle.model != name:
            raise _another_model(bundle, name)
        scorer = Scorer(bundle, model=name, version=served.version, ids=self.ids, threads=self.threads)
        check_golden(scorer.graph, bundle.golden)
        return scorer


def _is(scorer: Scorer | None, served: Served) -> TypeGuard[Scorer]:
    return scorer is not None and (scorer.version, scorer.digest) == (served.version, served.digest)


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
