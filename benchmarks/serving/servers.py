"""Start and stop the servers that are compared, each in its own process on a free loopback port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from plant import MODEL, BenchPlant

HERE = Path(__file__).parent
AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""The environment of every process measured: an installed package is compiled once, not at each start."""
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Server:
    """A running server, how long it took to its first answer, and what it weighs."""

    name: str
    port: int
    path: str
    pid: int
    cold_start_s: float

    def resident_mb(self) -> float:
        """Return its resident memory now, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def tree_mb(self) -> float:
        """Return the memory of the process and all below it, pages that they share counted once, in MB."""
        return sum(_proportional_kb(pid) for pid in _tree(self.pid)) / 1024

    def cpu_s(self) -> float:
        """Return the processor time it has used, which other load on the box stretches less."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """The load generator, in a process of its own."""

    port: int
    path: str
    body: Path
    core: int | None = None
    named: bool = False

    def run(self, connections: int, seconds: float) -> dict[str, float]:
        """Ask again and again; no request may fail."""
        pinned = ["taskset", "-c", str(self.core)] if self.core is not None else []
        done = subprocess.run(
            [
                *pinned, sys.executable, str(HERE / "load.py"), "--port", str(self.port), "--path", self.path,
                "--body", str(self.body), "--connections", str(connections), "--seconds", str(seconds),
                *(["--named"] if self.named else []),
            ],
            check=True, capture_output=True, timeout=seconds + 60,
        )  # fmt: skip
        found: dict[str, float] = json.loads(done.stdout)
        if found["failed"]:
            raise SystemExit(f"{found['failed']} requests to {self.path} failed")
        return found


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def commands(plant: BenchPlant) -> dict[str, tuple[list[str], str]]:
    """Return each server's command ("{port}" is filled in) and the address of its predictions."""
    andamio = [str(BIN / "andamio"), "serve", "--port", "{port}"]
    floor = [sys.executable, str(HERE / "floor.py"), str(plant.graph), str(plant.ranges), "{port}"]
    return {"floor": (floor, "/predict"), "andamio": (andamio, f"/v1/models/{MODEL}/predict")}


@contextmanager
def running(
    name: str, plant: BenchPlant, core: int | None, command: tuple[list[str], str, Path] | None = None
) -> Iterator[Server]:
    """Run one server, pinned to a core where one is named, until the block ends.

    ``command`` is that of a server not of this project: its words, the address, the file of one row.
    """
    words, path, body = command or (*commands(plant)[name], plant.one_row)
    port = free_port()
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    environment = AS_INSTALLED | {"OMP_NUM_THREADS": "1", "ANDAMIO_PLANT": str(plant.root)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [*pinned, *(part.format(port=port) for part in words)],
        env=environment,
        cwd=plant.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if command else None,
        start_new_session=True,
    )
    try:
        wait_for_answer(port, path, body.read_bytes(), process)
        yield Server(name, port, path, process.pid, time.perf_counter() - started)
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_for_answer(port: int, path: str, body: bytes, process: subprocess.Popen[bytes]) -> None:
    """Ask until the first prediction comes back."""
    while process.poll() is None:
        try:
            if ask_once(port, path, body).startswith(b"HTTP/1.1 200"):
                return
        except OSError:
            pass
        time.sleep(0.005)
    raise SystemExit(f"the server {process.args} ended with status {process.returncode}")


def ask_once(port: int, path: str, body: bytes) -> bytes:
    """Send one request on a connection of its own and return the answer."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
        wire.sendall(head.encode() + body)
        return wire.recv(65536)


def _tree(pid: int) -> list[int]:
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in below for found in _tree(int(child)))]


def _proportional_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
