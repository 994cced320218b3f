"""Replace what answers, and wait until every living scoring process has followed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from andamio.bundles.deployment import Deployment, Served, read_deployment, write_deployment
from andamio.bundles.keys import PublicKey
from andamio.bundles.opening import Bundle, open_bundle
from andamio.bundles.workers import worker_reports
from andamio.errors import BundleRefused, WorkersRefused, text
from andamio.storage.files import make_folder
from andamio.storage.locks import Lock, hold

_PAUSE_S = 0.01


@dataclass(frozen=True, slots=True)
class Switched:
    """The deployment that was written, and how the living scoring processes took it.

    Attributes:
        deployment: What is in the file now.
        followed: The workers that serve it.
        late: The workers that had not followed when the patience ended.
    """

    deployment: Deployment
    followed: tuple[str, ...]
    late: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Switchboard:
    """Where it is decided what answers on this box.

    Attributes:
        deployment: The deployment file.
        workers: The folder of the scoring processes' reports.
        bundles: The store of bundles, one folder a digest.
        trusted: The keys whose bundles may answer.
        patience_s: How long to wait for the scoring processes.
    """

    deployment: Path
    workers: Path
    bundles: Path
    trusted: Sequence[PublicKey]
    patience_s: float = 30.0

    def hold(self, *, patience_s: float = 10.0) -> Lock:
        """Keep every other deploy, rollback and repair of this box out.

        Raises:
            Busy: Another one is under way and did not end in time.
        """
        make_folder(self.deployment.parent)
        lock = self.deployment.with_name("switchboard.lock")
        return hold(lock, text("the switchboard of what answers"), patience_s=patience_s)

    def read(self) -> Deployment:
        """Read what answers."""
        return read_deployment(self.deployment)

    def champion(self, model: str) -> Served | None:
        """Return the version of a model that answers."""
        route = self.read().models.get(model)
        return route.champion if route else None

    def open(self, model: str, digest: str) -> Bundle:
        """Open a bundle of the store, verifying all of it.

        Raises:
            NotFound: The store does not have it.
            BundleRefused: Something of it is not as a trusted key signed it, or it is another model's.
        """
        bundle = open_bundle(self.bundles / digest, self.trusted)
        if bundle.model != model:
            raise BundleRefused(
                text("this bundle holds {found}, not {model}", found=bundle.model, model=model),
                where=text("{path}", path=bundle.path),
                fix=text("name the model that it holds; nothing was changed"),
            )
        return bundle

    def switch(self, wanted: Deployment, model: str) -> Switched:
        """Write a deployment, read before and changed for one model, and wait for the workers.

        When a worker cannot load the model, what answered before is put back.

        Raises:
            WorkersRefused: A worker could not load it; the file says again what it said before.
            DeploymentChanged: Somebody wrote the file since ``wanted`` was read.
            DiskFull: There is no room; the old file is untouched.
        """
        before = self.read()
        written = write_deployment(self.deployment, wanted)
        followed, late, refusals = self._wait(written.generation, model)
        if refusals:
            self._put_back(before, written)
            raise _refused(model, refusals)
        return Switched(written, followed, late)

    def _put_back(self, before: Deployment, written: Deployment) -> None:
        restored = Deployment(generation=written.generation, models=before.models)
        write_deployment(self.deployment, restored)

    def _wait(self, generation: int, model: str) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
        """Wait until every living worker serves this generation, one refuses, or the patience ends."""
        deadline = time.monotonic() + self.patience_s
        while True:
            reports = worker_reports(self.workers)
            arrived = [report for report in reports if report.generation >= generation]
            refusals = {report.worker: report.errors[model] for report in arrived if model in report.errors}
            late = tuple(report.worker for report in reports if report.generation < generation)
            if refusals or not late or time.monotonic() >= deadline:
                return tuple(report.worker for report in arrived), late, refusals
            time.sleep(_PAUSE_S)


def _refused(model: str, refusals: Mapping[str, str]) -> WorkersRefused:
    worker, reason = next(iter(refusals.items()))
    return WorkersRefused(
        text("a scoring process could not load this version of {model}", model=model),
        where=text("worker {worker}", worker=worker),
        why=text("{reason}", reason=reason),
        fix=text("what answered before answers again: see andamio status; andamio doctor checks the box"),
        data={"refusals": dict(refusals)},
    )
