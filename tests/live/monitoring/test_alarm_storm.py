"""A monitor killed with ``kill -9`` in the middle of a storm, again and again: nothing lost or repeated."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from andamio.kernel.settings import find_plant
from andamio.monitoring.alarms import AlarmBook, State
from andamio.notification.schema import outbox
from andamio.storage.database import open_database

from .storming import ASSETS, FINDINGS

pytestmark = [pytest.mark.live, pytest.mark.slow]

SCRIPT = Path(__file__).with_name("storming.py")


class Webhook:
    """Keeps what it is sent with its key; before it answers it lets a test act."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.before_answer: Callable[[], Any] = lambda: None
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.taken.append((self.headers["Idempotency-Key"], body["message"]))
                hook.before_answer()
                try:
                    self.send_response(200)
                    self.end_headers()
                except OSError:
                    pass  # who asked has been killed

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()
    yield hook
    hook.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path, webhook: Webhook) -> Path:
    (tmp_path / ".andamio").mkdir()
    address = "sqlite"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql_address")
    (tmp_path / "andamio.toml").write_text(
        f"""[plant]
name = "pump-house"
[storage]
database = "{address}"
[[notification.target]]
name = "night"
address = "json://127.0.0.1:{webhook.server.server_address[1]}/"
"""
    )
    return tmp_path


def start(plant: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(plant)], stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen[str], cycles: int) -> None:
    """Kill a monitor with no warning when it has been through some cycles."""
    assert process.stdout is not None
    for _ in range(cycles):
        process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_storm_survives_being_killed(plant: Path, webhook: Webhook) -> None:
    for cycles in (0, 2, 5, 9):
        kill_after(start(plant), cycles)
    # And once in the worst moment: the service has taken the message, and nobody has noted it.
    process = start(plant)
    taken = len(webhook.taken)
    webhook.before_answer = lambda: os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    webhook.before_answer = lambda: None
    assert process.returncode == -signal.SIGKILL
    (cut_off,) = {key for key, _ in webhook.taken[taken:]}

    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(plant)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["done"]), done.stderr

    folder = find_plant(plant)
    database = open_database(folder.database_url)
    book = AlarmBook(database, folder.settings)
    standing = book.standing(all_states=True).alarms
    assert Counter(alarm.state for alarm in standing) == {State.UNACKNOWLEDGED: ASSETS}
    assert sum(len(alarm.findings) for alarm in standing) == FINDINGS
    events = book.history()
    count = Counter(event.event.value for event in events)
    assert (count["raised"], count["finding-joined"]) == (ASSETS, FINDINGS)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    called = [number for e in events if e.event.value == "notified" for number in e.data["alarms"]]
    assert sorted(called) == sorted(alarm.id for alarm in standing)

    with database.reading() as connection:
        rows = connection.execute(sa.select(outbox.c.key, outbox.c.state)).all()
    database.close()
    assert {row.state for row in rows} == {"sent"}
    assert {row.key for row in rows} == {key for key, _ in webhook.taken}
    # At least once to the service, and what came twice came under the same key and says so.
    twice = {key for key, times in Counter(key for key, _ in webhook.taken).items() if times > 1}
    assert cut_off in twice
    for key in twice:
        first, *again = [body for k, body in webhook.taken if k == key]
        assert all("may have been sent before" in body for body in again)
        assert all(body.startswith(first) or "may have been" in first for body in again)
