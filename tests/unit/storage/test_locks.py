"""A lock keeps everybody else out, names its holder, and dies with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from andamio.errors import Busy, text
from andamio.storage.locks import folder_lock, hold, is_held

WHAT = text("the store of bundles")
CHILD = """
import sys
from pathlib import Path
from andamio.errors import text
from andamio.storage.locks import hold
lock = hold(Path(sys.argv[1]), text("the store of bundles"))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    command = [sys.executable, "-c", CHILD, str(tmp_path / "a.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        yield child
        child.kill()


def test_a_lock_that_another_process_holds_says_which(tmp_path, holder):
    assert is_held(tmp_path / "a.lock")
    with pytest.raises(Busy) as caught:
        hold(tmp_path / "a.lock", WHAT)
    assert caught.value.data == {"pid": holder.pid}
    assert str(holder.pid) in str(caught.value.why)
    assert "the store of bundles" in str(caught.value)


def test_a_killed_holder_holds_nothing(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not is_held(tmp_path / "a.lock")
    with hold(tmp_path / "a.lock", WHAT):
        assert is_held(tmp_path / "a.lock")


def test_two_holders_in_one_process_keep_each_other_out(tmp_path):
    with folder_lock(tmp_path, WHAT), pytest.raises(Busy):
        folder_lock(tmp_path, WHAT)
    folder_lock(tmp_path, WHAT).release()


def test_patience_waits_for_the_other_holder(tmp_path):
    lock = hold(tmp_path / "a.lock", WHAT)
    timer = threading.Timer(0.05, lock.release)
    timer.start()
    hold(tmp_path / "a.lock", WHAT, patience_s=30).release()
    timer.join()


def test_releasing_twice_is_releasing_once(tmp_path):
    lock = hold(tmp_path / "a.lock", WHAT)
    lock.release()
    with hold(tmp_path / "a.lock", WHAT):
        lock.release()
        assert is_held(tmp_path / "a.lock")


def test_a_lock_can_leave_nothing_behind(tmp_path):
    hold(tmp_path / "a.lock", WHAT).release(remove=True)
    assert list(tmp_path.iterdir()) == []
    assert not is_held(tmp_path / "a.lock")


def test_a_lock_file_that_was_removed_and_made_again_is_held_by_one_only(tmp_path):
    path = tmp_path / "a.lock"
    inside = [0]
    most = [0]
    guard = threading.Lock()

    def work() -> None:
        for _ in range(50):
            lock = hold(path, WHAT, patience_s=60)
            with guard:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            with guard:
                inside[0] -= 1
            lock.release(remove=True)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_the_lock_file_names_this_process(tmp_path):
    with hold(tmp_path / "a.lock", WHAT):
        assert (tmp_path / "a.lock").read_text().strip() == str(os.getpid())
