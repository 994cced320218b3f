"""``andamio serve``: answer predictions over HTTP on this box."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from andamio.bundles.keys import PublicKey
from andamio.cli.output import Json, Output
from andamio.kernel.settings import find_plant
from andamio.language import say
from andamio.serving.process import ServeOptions, Started, serve


def command(
    host: Annotated[str, typer.Option(help=say("a loopback address (default: the plant's setting)"))] = "",
    port: Annotated[
        int, typer.Option(help=say("the port; 0 takes any free one (default: the plant's setting)"))
    ] = -1,
    *,
    json: Json = False,
) -> None:
    """Serve what the deployment file names until SIGTERM or Ctrl-C."""
    plant = find_plant()
    setting = plant.settings.serving
    out = Output(json=json)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    options = ServeOptions(
        bundles=plant.bundles,
        deployment=plant.deployment,
        journal=plant.journal,
        workers=plant.workers,
        trusted=tuple(PublicKey.parse(key) for key in plant.settings.keys.trusted),
        host=host or setting.host,
        port=setting.port if port < 0 else port,
        durability=setting.durability,
    )

    def announce(started: Started) -> None:
        served = {name: scorer.version for name, scorer in sorted(started.generation.scorers.items())}
        out.data(
            {
                "address": started.address,
                "worker": started.worker,
                "generation": started.generation.number,
                "models": served,
            }
        )
        _tell(out, started.address, served)
        sys.stdout.flush()

    serve(options, announce)
    out.say("the requests on their way were answered; the journal is closed")


def _tell(out: Output, address: str, served: dict[str, int]) -> None:
    if served:
        models = ", ".join(f"{name}@{version}" for name, version in served.items())
        out.say("{models} answers at {address}", models=models, address=address)
        out.say("a prediction: POST {address}/v1/models/{model}/predict", address=address, model=next(iter(served)))
    else:
        out.say("nothing is deployed yet; it will answer at {address}", address=address)
        out.say("deploy a version from another terminal: andamio deploy NAME@VERSION")
    out.say("Ctrl-C ends it")
