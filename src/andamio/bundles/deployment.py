"""The deployment file: the truth of what answers, replaced atomically, with a rising generation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from andamio.bundles.route import Route, Served, Trial, nothing_before
from andamio.errors import DeploymentChanged, DeploymentDamaged, RouteRefused, Text, text
from andamio.storage.files import make_folder, replace_file
from andamio.storage.locks import Lock, hold

__all__ = [
    "Deployment",
    "Route",
    "Served",
    "Trial",
    "read_deployment",
    "replace_damaged_deployment",
    "write_deployment",
]

FORMAT = 1
_PATIENCE_S = 10.0

ModelName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What answers, for every model. Each change is a new generation, one higher."""

    generation: Annotated[int, msgspec.Meta(ge=0)] = 0
    models: dict[ModelName, Route] = {}
    format: int = FORMAT

    def deploying(self, model: str, served: Served) -> Deployment:
        """Return this deployment with another champion; the old one goes on the stack of previous ones."""
        route = self.models.get(model)
        wanted = Route(served) if route is None else route.deploying(served)
        return self if wanted is route else self._with(model, wanted)

    def rolling_back(self, model: str) -> Deployment:
        """Return this deployment with a model's trial ended, or else with its last champion back.

        Raises:
            NotFound: The model is not deployed, or there is nothing to go back to.
        """
        if model not in self.models:
            raise nothing_before(model)
        return self._with(model, self.models[model].rolling_back(model))

    def trying(self, model: str, trial: Trial) -> Deployment:
        """Return this deployment with a challenger that answers a share of a model's assets."""
        return self._with(model, self._route(model).trying(model, trial))

    def shadowing(self, model: str, served: Served) -> Deployment:
        """Return this deployment with a version that listens to a model's champion."""
        return self._with(model, self._route(model).shadowing(model, served))

    def promoting(self, model: str) -> Deployment:
        """Return this deployment with a model's challenger as its champion."""
        return self._with(model, self._route(model).promoting(model))

    def ending_trials(self, model: str) -> Deployment:
        """Return this deployment with a model's champion alone at work."""
        return self._with(model, self._route(model).ending_trials(model))

    def withdrawing(self, model: str) -> Deployment:
        """Return this deployment without the model."""
        return msgspec.structs.replace(self, models={n: r for n, r in self.models.items() if n != model})

    def _route(self, model: str) -> Route:
        if model not in self.models:
            raise RouteRefused(
                text("{model} has no champion yet", model=model),
                why=text("a canary, an A/B trial and a shadow stand beside a version that answers"),
                fix=text("put a version to work first: andamio deploy {model}@VERSION", model=model),
            )
        return self.models[model]

    def _with(self, model: str, route: Route) -> Deployment:
        return msgspec.structs.replace(self, models={**self.models, model: route})


def read_deployment(path: Path) -> Deployment:
    """Read what answers; a plant that has never deployed has generation 0 and no models.

    Raises:
        DeploymentDamaged: The file is not one that Andamio wrote.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Deployment()
    try:
        version = msgspec.json.decode(content, type=_Format).format
        if version == FORMAT:
            return msgspec.json.decode(content, type=Deployment)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, text("{reason}", reason=error)) from error
    raise _damaged(
        path, text("it has format {found}; this release reads format {known}", found=version, known=FORMAT)
    )


def write_deployment(path: Path, deployment: Deployment) -> Deployment:
    """Replace what answers, if nobody else did since ``deployment`` was read.

    Args:
        path: The deployment file.
        deployment: What is to answer; its ``generation`` is the one that was read.

    Returns:
        What was written: the same with the next generation.

    Raises:
        DeploymentChanged: The file has another generation by now; nothing was written.
        DeploymentDamaged: The file that is there cannot be read; nothing was written.
        Busy: Another process keeps the file's lock.
        DiskFull: There is no room; the old file is untouched.
    """
    make_folder(path.parent)
    with _lock(path):
        there = read_deployment(path).generation
        if there != deployment.generation:
            raise DeploymentChanged(
                text("what answers has changed meanwhile"),
                where=text("{path}", path=path),
                why=text(
                    "generation {there} is there, {read} was read",
                    there=str(there),
                    read=str(deployment.generation),
                ),
                fix=text(
                    "see what answers now (andamio status) and give the command again if it is still right"
                ),
            )
        return _write(path, deployment, there + 1)


def replace_damaged_deployment(path: Path, models: Mapping[str, Route], *, above: int) -> Deployment:
    """Put a whole file in the place of a damaged one; a file that can be read is left alone.

    Args:
        path: The deployment file.
        models: What is to answer, for instance as the registry remembers it.
        above: The highest generation that anybody (workers, audit log) remembers.

    Returns:
        What is in the file now.
    """
    with _lock(path):
        try:
            return read_deployment(path)
        except DeploymentDamaged:
            return _write(path, Deployment(models=dict(models)), above + 1)


class _Format(msgspec.Struct):
    format: int


def _lock(path: Path) -> Lock:
    return hold(path.with_name(path.name + ".lock"), text("the deployment file"), patience_s=_PATIENCE_S)


def _write(path: Path, deployment: Deployment, generation: int) -> Deployment:
    written = msgspec.structs.replace(deployment, generation=generation)
    content = msgspec.json.encode(written)
    _check_names(path, content)
    replace_file(path, msgspec.json.format(content, indent=2) + b"\n")
    return written


def _check_names(path: Path, content: bytes) -> None:
    try:
        msgspec.json.decode(content, type=Deployment)
    except msgspec.ValidationError as error:
        raise _damaged(path, text("{reason}", reason=error)) from error


def _damaged(path: Path, why: Text) -> DeploymentDamaged:
    return DeploymentDamaged(
        text("the deployment file cannot be read as it is"),
        where=text("{path}", path=path),
        why=why,
        fix=text("andamio doctor --repair writes it again from the registry; what answers goes on answering"),
    )
