"""Open the version that answers for a model, for the commands that work on files."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from andamio.bundles import PublicKey, open_bundle
from andamio.bundles.deployment import Deployment, Served, read_deployment
from andamio.bundles.golden import check_golden
from andamio.errors import ModelNotServed, UsageError, text
from andamio.kernel.ids import IdMaker
from andamio.serving.routes import nothing_deployed
from andamio.serving.scorer import Scorer


def open_champion(
    deployment: Path, bundles: Path, trusted: Sequence[PublicKey], model: str, *, threads: int = 1
) -> Scorer:
    """Open the version that answers for a model; an empty name means the only one.

    Raises:
        NothingDeployed: No model is deployed.
        ModelNotServed: This one is not.
        UsageError: No model is named and several are deployed.
        BundleRefused: The bundle does not hold.
        GoldenRowsDiffer: It answers its golden rows differently on this box.
    """
    name, served = _choose(read_deployment(deployment), model)
    bundle = open_bundle(bundles / served.digest, trusted)
    scorer = Scorer(bundle, model=name, version=served.version, ids=IdMaker(), threads=threads)
    check_golden(scorer.graph, bundle.golden)
    return scorer


def _choose(deployment: Deployment, model: str) -> tuple[str, Served]:
    names = sorted(deployment.models)
    if not names:
        raise nothing_deployed()
    if model in deployment.models:
        return model, deployment.models[model].champion
    known = text("these models answer: {models}", models=", ".join(names))
    if model:
        near = difflib.get_close_matches(model, names, n=1, cutoff=0.5)
        raise ModelNotServed(
            text("no model named {model} is deployed here", model=model),
            why=known if near else None,
            fix=text("did you mean {near}?", near=near[0]) if near else known,
        )
    if len(names) > 1:
        raise UsageError(
            text("several models are deployed here, and none is named"),
            why=known,
            fix=text("name one: --model {model}", model=names[0]),
        )
    return names[0], deployment.models[names[0]].champion
