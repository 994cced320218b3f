"""``andamio doctor``: check this box, and this plant's folder."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andamio import __version__
from andamio.bundles import PublicKey, load_key, open_bundle
from andamio.bundles.deployment import read_deployment
from andamio.bundles.workers import worker_reports
from andamio.cli.doctor_registry import look_at_registry
from andamio.cli.output import Json, Output
from andamio.cli.past import archive_of
from andamio.cli.what_answers import has_registry
from andamio.contracts import read_contract
from andamio.errors import AndamioError, NotFound, Text, text
from andamio.journal import Damage, read_journal
from andamio.kernel.settings import PlantFolder, find_plant
from andamio.language import say
from andamio.storage.files import replace_file

_ROOM_GB = 1.0
_PLANT_PACKAGES = (
    "polars",
    "deltalake",
    "sqlalchemy",
    "alembic",
    "sklearn",
    "lightgbm",
    "onnx",
    "spox",
    "optuna",
    "matplotlib",
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``good`` is None where it was only told."""

    name: str
    good: bool | None
    what: Text
    fix: Text | None = None


def command(
    repair: Annotated[
        bool,
        typer.Option("--repair", help=say("write a damaged deployment file again, from the audit log")),
    ] = False,
    *,
    json: Json = False,
) -> None:
    """Look at everything; nothing is changed, unless a repair is asked for."""
    out = Output(json=json)
    checks = list(_box())
    try:
        folder = find_plant()
    except NotFound:
        checks.append(Check("plant", None, text("no plant's folder here; only the box was checked")))
    except AndamioError as error:
        checks.append(_failed("plant", error))
    else:
        checks += [_attempt("repair", partial(_repair, folder))] if repair else []
        checks += _plant(folder)
    for check in checks:
        mark, style = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", None)}[check.good]
        out.say("{mark} {what}", mark=mark, what=check.what, style=style)
        if check.fix is not None and check.good is False:
            out.say("    {fix}", fix=check.fix)
    wrong = sum(check.good is False for check in checks)
    if wrong:
        out.say("{n} things need care.", n=wrong)
    else:
        out.say("All is well.")
    out.data(
        {
            "well": not wrong,
            "checks": [
                {"name": c.name, "good": c.good, "what": say(c.what), "try": say(c.fix) if c.fix else None}
                for c in checks
            ],
        }
    )
    if wrong:
        raise typer.Exit(1)


def _box() -> Iterator[Check]:
    yield Check(
        "versions",
        None,
        text(
            "Andamio {version}, Python {python}, {system} {machine}, {cores} cores",
            version=__version__,
            python=platform.python_version(),
            system=platform.system(),
            machine=platform.machine(),
            cores=os.cpu_count() or 1,
        ),
    )
    supported = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
    yield Check(
        "system",
        supported,
        text("this system is supported") if supported else text("this system is not supported"),
        text("run Andamio on 64-bit Linux; on Windows, inside WSL2"),
    )
    absent = [name for name in _PLANT_PACKAGES if importlib.util.find_spec(name) is None]
    installed = text("the plant part is installed: this box can train")
    base_only = text("only the base is installed: this box can serve, score and report its status")
    yield Check("packages", None if absent else True, base_only if absent else installed)
    if not absent:
        yield _openmp()


def _openmp() -> Check:
    found = any(Path(folder).glob("libgomp.so.1*") for folder in _LIBRARY_FOLDERS)
    return Check(
        "libgomp",
        found,
        text("the OpenMP library is here")
        if found
        else text("the OpenMP library is missing: LightGBM cannot start"),
        text("apt-get install -y libgomp1"),
    )


_LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/lib64",
)


def _plant(folder: PlantFolder) -> list[Check]:
    checks = [_room(folder), _attempt("writing", lambda: _writing(folder))]
    checks.append(_attempt("keys", lambda: _keys(folder)))
    checks += [
        _attempt("contract", partial(_contract, path)) for path in sorted(folder.models.glob("*.toml"))
    ]
    checks.append(_attempt("deployment", lambda: _deployment(folder)))
    if has_registry():
        checks.append(_attempt("registry", lambda: look_at_registry(folder)))
    checks.append(_attempt("journal", lambda: _journal(folder)))
    checks.append(_service(folder))
    return checks


def _attempt(name: str, look: Callable[[], Text]) -> Check:
    try:
        return Check(name, good=True, what=look())
    except AndamioError as error:
        return _failed(name, error)
    except OSError as error:
        return Check(name, good=False, what=text("the system refused: {reason}", reason=error))


def _failed(name: str, error: AndamioError) -> Check:
    return Check(name, good=False, what=error.what, fix=error.fix)


def _repair(folder: PlantFolder) -> Text:
    from andamio.cli.doctor_repair import repair

    deployment = repair(folder)
    return text(
        "the deployment file can be read: {n} models, generation {generation}",
        n=len(deployment.models),
        generation=str(deployment.generation),
    )


def _room(folder: PlantFolder) -> Check:
    free = shutil.disk_usage(folder.root).free / 1e9
    return Check(
        "disk",
        free >= _ROOM_GB,
        text("{free} GB free where the plant's folder is", free=round(free, 1)),
        text("free some space: below {least} GB the journal may soon have no room", least=_ROOM_GB),
    )


def _writing(folder: PlantFolder) -> Text:
    with tempfile.TemporaryDirectory(dir=folder.hidden if folder.hidden.is_dir() else folder.root) as trial:
        replace_file(Path(trial) / "trial", b"andamio")
    return text("the plant's folder {folder} can be written, and writes reach the disk", folder=folder.root)


def _keys(folder: PlantFolder) -> Text:
    trusted = [PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted]
    path = folder.signing_key
    if path is None:
        return text("this box signs nothing; it trusts {n} {n:key|keys}", n=len(trusted))
    load_key(path, plant=folder.root)
    return text("the signing key is in order, and {n} {n:key is|keys are} trusted", n=len(trusted))


def _contract(path: Path) -> Text:
    contract = read_contract(path)
    return text("the contract of {model} holds: {n} inputs", model=contract.name, n=len(contract.inputs))


def _deployment(folder: PlantFolder) -> Text:
    deployment = read_deployment(folder.deployment)
    trusted = [PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted]
    for route in deployment.models.values():
        open_bundle(folder.bundles / route.champion.digest, trusted)
    return text(
        "{n} {n:model is in production, and its bundle is|models are in production, and their "
        "bundles are} whole",
        n=len(deployment.models),
    )


def _journal(folder: PlantFolder) -> Text:
    records = damaged = 0
    for item in read_journal(folder.journal, archive=archive_of(folder)):
        records += 1
        damaged += isinstance(item, Damage)
    if damaged:
        return text(
            "the journal has {n} records; {damaged} stretches cannot be read", n=records, damaged=damaged
        )
    return text("the journal is whole: {n} records", n=records)


def _service(folder: PlantFolder) -> Check:
    workers = worker_reports(folder.workers)
    if workers:
        return Check(
            "service", good=True, what=text("the scoring process runs (pid {pid})", pid=workers[0].pid)
        )
    port = folder.settings.serving.port
    with socket.socket() as probe:
        taken = probe.connect_ex((folder.settings.serving.host, port)) == 0
    if taken:
        return Check(
            "service",
            good=False,
            what=text("another program answers on port {port}", port=str(port)),
            fix=text("stop it, or choose another port: [serving] port in andamio.toml"),
        )
    return Check(
        "service", None, text("the scoring process is not running; port {port} is free", port=str(port))
    )
