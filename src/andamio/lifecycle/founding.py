"""Found a plant: its folder, its settings, its key, and the first contract, all at once or not at all."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from andamio.bundles.keys import create_key, load_key
from andamio.contracts.draft import Draft, draft_contract
from andamio.errors import FolderTaken, text
from andamio.kernel.ids import IdMaker
from andamio.language import speak
from andamio.storage.files import is_alive, publish_folder, remove_folder, write_file

GITIGNORE = ".andamio/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """A new plant's folder, its first contract and its key."""

    folder: Path
    contract: Path
    key: Path


def check_free(folder: Path) -> None:
    """Refuse a folder that is taken.

    Raises:
        FolderTaken: Something is there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(
            text("{folder} exists already, and is not empty", folder=folder),
            why=text("a plant's folder is never written over"),
            fix=text("choose another name, or move what is there"),
        )


def found_plant(
    folder: Path, model: str, draft: Draft, *, language: str, time_zone: str, keys: Path
) -> Founded:
    """Make a plant's folder.

    Args:
        folder: The new folder; it may exist when it is empty.
        model: Name of the first model.
        draft: Its contract.
        language: "es" or "en": of the plant, and of the comments in its files.
        time_zone: Where its clocks stand.
        keys: Where private keys are kept, outside the plant.

    Raises:
        FolderTaken: The folder holds something.
        DiskFull: There is no room; nothing is left behind.
    """
    folder = folder.absolute()
    check_free(folder)
    key = keys / f"{folder.name}-{IdMaker().take(1)[0].lower()}.pem"
    signer = create_key(key, plant=folder)
    staging = folder.parent / f".{folder.name}.{os.getpid()}.founding"
    _remove_abandoned(folder)
    try:
        for name in ("models", "data", ".andamio"):
            (staging / name).mkdir(parents=True)
        with speak(language):
            write_file(staging / "models" / f"{model}.toml", draft_contract(draft).encode())
        settings = _settings(folder.name, language, time_zone, key, str(signer.public))
        write_file(staging / "andamio.toml", settings.encode())
        write_file(staging / ".gitignore", GITIGNORE.encode())
        if folder.exists():
            folder.rmdir()
        publish_folder(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        key.unlink(missing_ok=True)
        raise
    load_key(key, plant=folder)
    return Founded(folder=folder, contract=folder / "models" / f"{model}.toml", key=key)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed founders of this folder left beside it."""
    for left in folder.parent.glob(f".{escape(folder.name)}.*.founding"):
        maker = left.name.removeprefix(f".{folder.name}.").removesuffix(".founding")
        if not maker.isdigit() or int(maker) == os.getpid() or not is_alive(int(maker)):
            remove_folder(left)


def _settings(name: str, language: str, time_zone: str, key: Path, public: str) -> str:
    home = Path.home()
    shown = f"~/{key.relative_to(home)}" if key.is_relative_to(home) else str(key)
    return (
        f'[plant]\nname = "{_escaped(name)}"\nlanguage = "{language}"\ntime_zone = "{time_zone}"\n\n'
        f'[storage]\ndatabase = "sqlite"\n\n'
        f'[keys]\nsigning = "{_escaped(shown)}"\ntrusted = ["{public}"]\n\n'
        f'[serving]\nport = 8081\ndurability = "process"\n'
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
