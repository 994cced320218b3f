"""The composition root of the control side: from a plant's folder to wired objects."""

from __future__ import annotations

import difflib
import getpass
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from andamio.bundles.keys import PublicKey, Signer, load_key
from andamio.contracts import read_contract
from andamio.contracts.contract import Contract
from andamio.data import Datasets
from andamio.errors import DatabaseUnreachable, KeyRefused, NotFound, text
from andamio.kernel import clock
from andamio.kernel.settings import PlantFolder, Settings, find_plant
from andamio.lifecycle import Switchboard, reconcile
from andamio.monitoring.alarms import AlarmBook
from andamio.notification import Sender
from andamio.registry import AuditLog, Registry
from andamio.storage.database import Database, open_database
from andamio.storage.steady_time import SteadyTime


@dataclass(frozen=True)
class Plant:
    """One plant, opened: its registry, its audit log, its datasets, its keys."""

    folder: PlantFolder
    database: Database

    @classmethod
    def open(cls, start: Path | None = None) -> Plant:
        """Open the plant at ``start`` (or here, or above), and bring its registry to what answers.

        Raises:
            NotFound: There is no plant.
            SettingsInvalid: Its settings do not hold.
            Busy: Its database is held by another process for too long.
            DatabaseUnreachable: Its database cannot be opened, or is gone.
        """
        folder = find_plant(start)
        folder.hidden.mkdir(exist_ok=True)
        refuse_to_forget(folder)
        plant = cls(folder, open_database(folder.database_url))
        reconcile(plant.registry, plant.switchboard)
        return plant

    @property
    def settings(self) -> Settings:
        """What ``andamio.toml`` says."""
        return self.folder.settings

    @property
    def audit(self) -> AuditLog:
        """The audit log."""
        return self.registry.audit

    @cached_property
    def registry(self) -> Registry:
        """Models, versions, aliases."""
        return Registry(self.database)

    @cached_property
    def switchboard(self) -> Switchboard:
        """Where it is decided what answers."""
        folder = self.folder
        return Switchboard(folder.deployment, folder.workers, folder.bundles, self.trusted)

    @cached_property
    def datasets(self) -> Datasets:
        """The tables of history."""
        return Datasets(self.folder.root, time_zone=self.settings.plant.time_zone)

    @cached_property
    def alarms(self) -> AlarmBook:
        """The alarm book."""
        return AlarmBook(self.database, self.settings, audit=self.audit, steady=SteadyTime(clock.since_boot))

    @cached_property
    def sender(self) -> Sender:
        """What takes notifications out of the outbox to the services that the settings name."""
        # Apprise costs half a second to import, and only who sends needs it.
        from andamio.notification.apprise_service import AppriseService  # noqa: PLC0415

        settings = self.settings.notification
        service = AppriseService(timeout_s=settings.timeout_s)
        lock = self.folder.hidden / "notification.lock"
        return Sender(self.alarms.outbox, settings, service, lock=lock)

    @cached_property
    def signer(self) -> Signer:
        """The key that signs bundles.

        Raises:
            KeyRefused: The settings name none, or its file is not as it must be.
        """
        path = self.folder.signing_key
        if path is None:
            raise KeyRefused(
                text("this plant has no key to sign with"),
                where=text("{place}", place=self.folder.root / "andamio.toml"),
                fix=text('name the private key\'s file: [keys] signing = "~/.config/andamio/keys/PLANT.pem"'),
            )
        return load_key(path, plant=self.folder.root)

    @property
    def trusted(self) -> tuple[PublicKey, ...]:
        """The keys whose bundles may open."""
        return trusted_keys(self.folder)

    @property
    def actor(self) -> str:
        """Who is at the keyboard, for the audit log."""
        return getpass.getuser()

    def contract_names(self) -> list[str]:
        """List the models that have a contract."""
        return sorted(file.stem for file in self.folder.models.glob("*.toml"))

    def contract(self, name: str) -> Contract:
        """Read a model's contract.

        Raises:
            NotFound: There is no such contract.
            ContractInvalid: It does not hold; all faults at once.
        """
        path = self.folder.models / f"{name}.toml"
        names = self.contract_names()
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            raise NotFound(
                text("there is no contract for {model}", model=name),
                where=text("{place}", place=path),
                fix=text("did you mean {model}?", model=close[0])
                if close
                else text("this plant's contracts: {names}", names=", ".join(names) or "–"),
            )
        return read_contract(path)


def refuse_to_forget(folder: PlantFolder) -> None:
    """Refuse a plant that has bundles and has lost its database; it would get an empty one.

    Raises:
        DatabaseUnreachable: It is so.
    """
    file = folder.hidden / "andamio.db"
    in_folder = folder.settings.storage.database == "sqlite"
    if not in_folder or file.exists() or not any(folder.bundles.glob("*/manifest.json")):
        return
    raise DatabaseUnreachable(
        text("the database of this plant is gone, and its bundles are there"),
        where=text("{place}", place=file),
        why=text("it holds the registry and the audit log; an empty one would know nothing of the bundles"),
        fix=text(
            "put the file back from the last backup; if there never was one, begin an empty one: "
            "touch {place}",
            place=file,
        ),
    )


def trusted_keys(folder: PlantFolder) -> tuple[PublicKey, ...]:
    """Read the pinned public keys of the settings."""
    return tuple(PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted)
