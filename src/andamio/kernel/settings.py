"""The plant's folder and its settings: where everything lies, and what ``andamio.toml`` says."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from andamio.errors import Fault, NotFound, SettingsInvalid, Text, text
from andamio.kernel.alarm_settings import (
    AlarmsSection,
    MaintenanceSection,
    NotificationSection,
    alarm_faults,
)
from andamio.kernel.monitor_settings import ControlSection, MonitorSection
from andamio.kernel.settings_faults import settings_faults

SETTINGS_FILE = "andamio.toml"
DEFAULT_KEYS = Path.home() / ".config" / "andamio" / "keys"


class PlantSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[plant]``: who and where."""

    name: str
    language: Literal["en", "es"] = "en"
    time_zone: str = "UTC"


class StorageSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[storage]``: "sqlite" keeps everything in the folder; a postgresql:// address grows out of it."""

    database: str = "sqlite"


class KeysSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[keys]``: the private key that signs (outside the folder) and the public keys that are trusted."""

    signing: str | None = None
    trusted: tuple[str, ...] = ()


class ServingSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[serving]``: the address of the scoring process and what "recorded" means."""

    host: str = "127.0.0.1"
    port: int = 8081
    durability: Literal["process", "power-cut"] = "process"
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    certificate: str | None = None
    private_key: str | None = None


class LogsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[logs]``: how the scoring process writes to its standard error."""

    format: Literal["text", "ecs"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class MetricsSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[metrics]``: what ``/metrics`` shows beside Andamio's own names."""

    compatible: bool = False


class TracesSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[traces]``: the OpenTelemetry collector that hears of the requests, and of how many."""

    endpoint: str | None = None
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1


class JournalSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[journal]``: for how long what was recorded is kept."""

    keep_days: Annotated[int, msgspec.Meta(ge=1)] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``andamio.toml`` says."""

    plant: PlantSection
    storage: StorageSection = StorageSection()
    keys: KeysSection = KeysSection()
    serving: ServingSection = ServingSection()
    logs: LogsSection = LogsSection()
    metrics: MetricsSection = MetricsSection()
    traces: TracesSection = TracesSection()
    journal: JournalSection = JournalSection()
    alarms: AlarmsSection = AlarmsSection()
    maintenance: tuple[MaintenanceSection, ...] = ()
    notification: NotificationSection = NotificationSection()
    monitor: MonitorSection = MonitorSection()
    control: ControlSection = ControlSection()

    @property
    def time_zone(self) -> ZoneInfo:
        """The plant's time zone."""
        return ZoneInfo(self.plant.time_zone)


@dataclass(frozen=True, slots=True)
class PlantFolder:
    """Where everything of a plant lies. Nothing is opened by knowing it."""

    root: Path
    settings: Settings

    @property
    def models(self) -> Path:
        """The contracts, one TOML file per model."""
        return self.root / "models"

    @property
    def raw(self) -> Path:
        """The files as the plant gave them."""
        return self.root / "data"

    @property
    def reports(self) -> Path:
        """One HTML page per trained version."""
        return self.root / "reports"

    @property
    def hidden(self) -> Path:
        """Everything that Andamio keeps by itself."""
        return self.root / ".andamio"

    @property
    def datasets(self) -> Path:
        """The Delta tables."""
        return self.hidden / "datasets"

    @property
    def bundles(self) -> Path:
        """The bundles, one folder per digest."""
        return self.hidden / "bundles"

    @property
    def journal(self) -> Path:
        """The durable record of predictions and truth."""
        return self.hidden / "journal"

    @property
    def monitor(self) -> Path:
        """What the monitor keeps, one folder per model."""
        return self.hidden / "monitor"

    @property
    def predictions(self) -> Path:
        """The table of predictions into which closed segments of the journal are compacted."""
        return self.hidden / "predictions"

    @property
    def workers(self) -> Path:
        """The reports of the scoring processes."""
        return self.hidden / "workers"

    @property
    def tokens(self) -> Path:
        """The access tokens, without their secrets."""
        return self.hidden / "tokens.json"

    @property
    def certificate(self) -> tuple[Path, Path] | None:
        """The files of the TLS certificate and its key, if the settings name them.

        Raises:
            SettingsInvalid: They name one and not the other.
        """
        serving = self.settings.serving
        if serving.certificate and serving.private_key:
            return self._beside(serving.certificate), self._beside(serving.private_key)
        if serving.certificate or serving.private_key:
            raise SettingsInvalid(
                text("a certificate and its private key are named together, or neither"),
                where=text("{place}", place=self.root / SETTINGS_FILE),
                fix=text("name both: [serving] certificate and private_key"),
            )
        return None

    def _beside(self, written: str) -> Path:
        return self.root / Path(written).expanduser()

    @property
    def deployment(self) -> Path:
        """The truth of what answers."""
        return self.hidden / "deployment.json"

    @property
    def signing_key(self) -> Path | None:
        """The private key's file, outside the folder."""
        signing = self.settings.keys.signing
        return Path(signing).expanduser() if signing else None

    @property
    def database_url(self) -> str:
        """The address of the database, SQLite in the folder unless the settings say otherwise."""
        named = self.settings.storage.database
        return f"sqlite:///{self.hidden / 'andamio.db'}" if named == "sqlite" else named


def find_plant(start: Path | None = None) -> PlantFolder:
    """Find the plant's folder: ``start`` or the nearest folder above it that holds andamio.toml.

    ANDAMIO_PLANT names it too; without either the search begins at the current folder.

    Raises:
        NotFound: No folder on the way up holds andamio.toml.
        SettingsInvalid: The file is there and does not hold.
    """
    named = start or os.environ.get("ANDAMIO_PLANT")
    begin = Path(named or Path.cwd()).expanduser().absolute()
    candidates = [begin] if named else [begin, *begin.parents]
    for folder in candidates:
        if (folder / SETTINGS_FILE).is_file():
            return PlantFolder(folder, read_settings(folder / SETTINGS_FILE))
    raise NotFound(
        text("this is not a plant's folder: it has no {file}", file=SETTINGS_FILE),
        where=text("{place}", place=begin),
        fix=text("go to the plant's folder, or make one: andamio init PLANT --from FILE --target COLUMN"),
    )


def read_settings(path: Path) -> Settings:
    """Read ``andamio.toml``.

    Raises:
        SettingsInvalid: It is not TOML, or settings are unknown or of the wrong type; all faults at once.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # not UTF-8, not TOML
        raise _invalid(path, [("", text("{reason}", reason=error))]) from error
    try:
        settings = msgspec.convert(found, Settings)
        settings.time_zone  # noqa: B018  an unknown zone must be said now
    except msgspec.ValidationError as error:
        faults = list(settings_faults(found, Settings)) or [("", text("{reason}", reason=error))]
        raise _invalid(path, faults) from error
    # ValueError: a zone that is a path; IsADirectoryError: half a zone.
    except (ValueError, ZoneInfoNotFoundError, IsADirectoryError) as error:
        raise _invalid(path, [("plant.time_zone", text("{reason}", reason=error))]) from error
    faults = list(alarm_faults(settings.maintenance, settings.notification))
    if faults:
        raise _invalid(path, faults)
    return settings


def _invalid(path: Path, found: Sequence[tuple[str, Text]]) -> SettingsInvalid:
    return SettingsInvalid(
        text("the plant's settings do not hold"),
        where=text("{place}", place=path),
        fix=text("correct the file; docs/settings.md lists every setting"),
        faults=[
            Fault(
                "settings-invalid", what, where=text("{place}", place=f"{path}, {place}" if place else path)
            )
            for place, what in found
        ],
    )
