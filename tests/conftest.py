"""What every test shares: where the real data lies, and that in CI nothing is skipped in silence."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every process they start
# inherits that; the tests of Ctrl-C need what a person at a keyboard has.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
ALLOWED = Path(__file__).parent / "allowed_skips.toml"
# No test is timed: an example that took long on a busy box is no fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real industrial data, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("ANDAMIO_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder}; ANDAMIO_TEST_DATA names another folder")
    return folder


@pytest.fixture
def mount_small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Make a real file system of a size such as "1m", or skip where this system mounts none."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted: list[Path] = []

    def mount(size: str) -> Path:
        place = tmp_path / f"disk-{len(mounted)}"
        place.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "andamio-test", str(place)],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.skip(f"this system mounts no small disk: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a private PostgreSQL server, with its password, started on a free loopback port."""
    programs = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True),
        shutil.which("initdb"),
    ]
    if programs[0] is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    programs = Path(programs[0]).parent
    user = "postgres" if os.geteuid() == 0 else None  # the server refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="andamio-postgresql-"))
    (home / "password").write_text("s3cret-of-the-test", encoding="utf-8")
    if user:
        shutil.chown(home, user)
        shutil.chown(home / "password", user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def program(name: str, *arguments: str) -> None:
        with (home / "output").open("a") as output:  # a pipe would be held open by the server
            done = subprocess.run(
                [str(programs / name), "-D", str(home / "data"), *arguments],
                check=False,
                user=user,
                group=user,
                extra_groups=[] if user else None,
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
            )
        assert done.returncode == 0, (home / "output").read_text()

    secret = str(home / "password")
    program("initdb", "-U", "andamio", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "-N")
    program("pg_ctl", "-w", "-o", f"-p {port} -h 127.0.0.1 -k {home} -F", "-l", str(home / "log"), "start")
    yield f"postgresql://andamio:s3cret-of-the-test@127.0.0.1:{port}/postgres"
    program("pg_ctl", "-w", "-m", "immediate", "stop")
    shutil.rmtree(home)


@pytest.fixture
def postgresql_address(postgresql: str, request: pytest.FixtureRequest) -> str:
    """The address of an empty schema of that server, one for each test."""
    import sqlalchemy as sa

    name = "test_" + hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:20]
    admin = sa.create_engine(postgresql.replace("postgresql://", "postgresql+psycopg://"))
    with admin.begin() as connection:
        connection.execute(sa.schema.CreateSchema(name))
    admin.dispose()
    return f"{postgresql}?options=-csearch_path%3D{name}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Under ANDAMIO_CI a skip is a failure, unless tests/allowed_skips.toml lists it with its reason."""
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or not os.environ.get("ANDAMIO_CI") or hasattr(report, "wasxfail"):
        return
    allowed = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))
    if item.nodeid.split("[")[0] not in allowed:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, and not listed in {ALLOWED.name}: {report.longrepr}"
