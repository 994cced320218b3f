"""A plant's folder is found, and its settings hold or say why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from andamio.errors import NotFound, SettingsInvalid
from andamio.kernel.settings import find_plant, read_settings

WHOLE = """\
[plant]
name = "pump-house"
language = "es"
time_zone = "America/Bogota"

[storage]
database = "postgresql://andamio@db/plant"

[keys]
signing = "~/keys/plant.pem"
trusted = ["ed25519:AA"]

[serving]
port = 9000
durability = "power-cut"
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("ANDAMIO_PLANT", raising=False)
    (tmp_path / "andamio.toml").write_text("[plant]\nname = 'p'\n", encoding="utf-8")
    (tmp_path / "models" / "old").mkdir(parents=True)
    return tmp_path


def written(folder: Path, content: str) -> Path:
    file = folder / "andamio.toml"
    file.write_text(content, encoding="utf-8")
    return file


def test_every_setting_is_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, WHOLE))
    assert (settings.plant.language, settings.time_zone.key) == ("es", "America/Bogota")
    assert (settings.serving.port, settings.serving.durability) == (9000, "power-cut")
    assert settings.keys.trusted == ("ed25519:AA",)


def test_a_name_is_enough_and_the_rest_stays_inside_the_box(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, "[plant]\nname = 'p'\n"))
    assert (settings.serving.host, settings.serving.port) == ("127.0.0.1", 8081)
    assert (settings.storage.database, settings.keys.trusted) == ("sqlite", ())


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "plant"),
        ("[plant]\nname = 3\n", "str"),
        ("[plant]\nname = 'p'\nlanguage = 'fr'\n", "fr"),
        ("[plant]\nname = 'p'\ntime_zone = 'Mars/Olympus'\n", "Mars/Olympus"),
        ("[plant]\nname = 'p'\n[serving]\nprot = 1\n", "prot"),
        ("[plant]\nname = p\n", "line 2"),
    ],
)
def test_a_setting_that_does_not_hold_is_named(tmp_path: Path, content: str, word: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(written(tmp_path, content))
    (fault,) = refused.value.faults
    assert word in str(fault.what)
    assert str(tmp_path) in str(fault.where)


def test_settings_in_another_encoding_are_refused_kindly(tmp_path: Path) -> None:
    file = tmp_path / "andamio.toml"
    file.write_bytes("[plant]\nname = 'señal'\n".encode("latin-1"))
    with pytest.raises(SettingsInvalid):
        read_settings(file)


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "", "America"])
def test_a_time_zone_that_is_a_path_or_half_a_name_is_refused(tmp_path: Path, zone: str) -> None:
    with pytest.raises(SettingsInvalid):
        read_settings(written(tmp_path, f"[plant]\nname = 'p'\ntime_zone = '{zone}'\n"))


def test_the_plant_is_found_from_any_folder_inside_it(plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(plant / "models" / "old")
    assert find_plant().root == plant


def test_a_named_plant_is_not_looked_for_above(plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDAMIO_PLANT", str(plant / "models"))
    with pytest.raises(NotFound):
        find_plant()
    monkeypatch.setenv("ANDAMIO_PLANT", str(plant))
    assert find_plant().settings.plant.name == "p"


def test_what_andamio_keeps_lies_inside_the_folder_and_the_key_outside(tmp_path: Path) -> None:
    written(tmp_path, WHOLE)
    folder = find_plant(tmp_path)
    inside = [folder.models, folder.raw, folder.reports, folder.datasets, folder.bundles, folder.journal]
    assert all(path.is_relative_to(tmp_path) for path in [*inside, folder.workers, folder.deployment])
    assert folder.signing_key == Path.home() / "keys" / "plant.pem"
    assert folder.database_url == "postgresql://andamio@db/plant"


def test_sqlite_lies_in_the_plants_folder(plant: Path) -> None:
    assert find_plant(plant).database_url == f"sqlite:///{plant}/.andamio/andamio.db"
    assert find_plant(plant).signing_key is None


ALARMS = """
[plant]
name = "p"

[alarms]
off_delay_minutes = 20

[[maintenance]]
name = "a"
days = ["monday"]
starts = "22:00"
ends = 02:00:00

[[maintenance]]
name = "b"
starts = 2026-12-24T22:00:00
ends = "2026-12-25 02:00"

[[notification.target]]
name = "night"
address = "env:NIGHT"
"""


def test_alarms_maintenance_and_targets_are_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, ALARMS))
    assert settings.alarms.off_delay_minutes == 20
    assert [str(t) for t in settings.maintenance[0].times_of_day()] == ["22:00:00", "02:00:00"]
    assert [str(t) for t in settings.maintenance[1].moments()] == [
        "2026-12-24 22:00:00",
        "2026-12-25 02:00:00",
    ]
    assert settings.notification.target[0].name == "night"


def test_the_address_of_a_target_is_not_shown(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, ALARMS.replace("env:NIGHT", "tgram://s3cret/1")))
    assert "s3cret" not in repr(settings)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    wrong = (
        ALARMS.replace("minutes = 20", "minutes = -1")
        .replace('"monday"', '"funday"')
        .replace('"night"', '"Night"')
    )
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(written(tmp_path, wrong + "[serving]\nport = 'x'\nprot = 1\n"))
    places = [str(fault.where).partition(", ")[2] for fault in refused.value.faults]
    assert places == [
        "alarms.off_delay_minutes",
        "maintenance[1].days",
        "notification.target[1].name",
        "serving.port",
        "serving.prot",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ('starts = "22:00"', 'starts = "2026-12-24 22:00"', "times of day"),
        ('starts = "22:00"', 'starts = "25:00"', "times of day"),
        ('starts = "22:00"', "starts = 22", "times of day"),
        ("ends = 02:00:00", 'ends = "22:00"', "ends when it begins"),
        ('days = ["monday"]', "", "moments"),
        ('"2026-12-25 02:00"', '"2026-12-24 02:00"', "before it begins"),
        ('"2026-12-25 02:00"', '"2026-12-25"', "moments"),
        ('"2026-12-25 02:00"', '"2026-12-25T02:00Z"', "time zone"),
        ('["monday"]', '["monday", "monday"]', "twice"),
        ("env:NIGHT", "s3cret-word", "address of Apprise"),
    ],
)
def test_a_window_or_a_target_that_makes_no_sense_is_named(
    tmp_path: Path, right: str, wrong: str, word: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_settings(written(tmp_path, ALARMS.replace(right, wrong)))
    assert word in str(refused.value.faults[0].what)
    assert "s3cret" not in str(refused.value.faults)
