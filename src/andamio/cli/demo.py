"""``andamio demo``: the whole story on a simulated plant."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Annotated

import typer

from andamio.cli.output import Json, Output
from andamio.demo import Scene, tell
from andamio.demo.service import Service
from andamio.errors import Text
from andamio.language import current_language, say
from andamio.lifecycle.founding import check_free

PORT = 8081


def command(
    folder: Annotated[
        str, typer.Option(metavar="FOLDER", help=say("the demo plant's folder (default: plant-demo)"))
    ] = "",
    exit_: Annotated[
        bool, typer.Option("--exit", help=say("end when the story ends, instead of staying up"))
    ] = False,
    seed: Annotated[int, typer.Option(help=say("another seed is another plant"))] = 0,
    trials: Annotated[int, typer.Option(min=1, help=say("how many models each training tries"))] = 6,
    calm: Annotated[
        bool, typer.Option("--calm", help=say("leave the sensor fault and the drift out"))
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            help=say("where predictions are answered; 0 takes any free port (default: 8081 if free)")
        ),
    ] = -1,
    json: Json = False,
) -> None:
    """Tell the story; every step does the real work."""
    out = Output(json=json)
    began = time.monotonic()
    plant = Path(folder).absolute() if folder else _free_folder()
    check_free(plant)

    def voice(sentence: Text) -> None:
        seconds = f"{time.monotonic() - began:5.1f} s  "
        out.say("{seconds}{sentence}", seconds=seconds, sentence=sentence)

    def stay(service: Service) -> None:
        if exit_:
            return
        out.blank()
        out.say("The plant is yours: cd {folder}", folder=plant, style="green")
        out.say(
            "  andamio status · andamio audit · andamio show pump-health@2 · reports in {folder}",
            folder=plant / "reports",
        )
        out.say("  predictions at {address}/v1/models/pump-health/predict", address=service.address)
        out.say("Ctrl-C ends the scoring process; the plant stays.")
        service.wait()

    scene = Scene(
        folder=plant,
        seed=seed,
        trials=trials,
        calm=calm,
        language=current_language(),
        port=_free_port() if port < 0 else port,
    )
    try:
        ending = tell(scene, voice, stay)
    except KeyboardInterrupt:
        if exit_ or not (plant / "andamio.toml").exists():
            raise
        return
    out.blank()
    out.say("The story took {seconds} s.", seconds=round(time.monotonic() - began), style="green")
    out.say("The plant stays in {folder}.", folder=plant)
    out.data(
        {
            "folder": str(plant),
            "seed": seed,
            "versions": ending.versions,
            "verdicts": ending.verdicts,
            "findings": {
                chapter: [
                    {"kind": f.kind, "level": f.level, "cause": f.cause, "tag": f.tag, "asset": f.asset}
                    for f in findings
                ]
                for chapter, findings in ending.findings.items()
            },
            "rollback_s": round(ending.rollback_s, 3),
            "audit_rows": ending.audit_rows,
            "seconds": round(time.monotonic() - began, 1),
        }
    )


def _free_folder() -> Path:
    """Return plant-demo, or plant-demo-2 … when there was a demo before."""
    folder, number = Path.cwd() / "plant-demo", 1
    while folder.exists():
        number += 1
        folder = Path.cwd() / f"plant-demo-{number}"
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        return 0 if probe.connect_ex(("127.0.0.1", PORT)) == 0 else PORT
