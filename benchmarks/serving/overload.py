"""Offer the scoring process three times what it can answer, with nuisances, and see what it still answers.

    python benchmarks/serving/overload.py [--seconds 60] [--times 3] [--out FILE.json]

The server runs on core 0 and the load on core 1. Capacity is measured first, by a closed loop of 64
connections under the same pinning; then requests leave evenly at a multiple of it whatever becomes of them
(``flood.c``, compiled here), on up to 4,000 connections, while slow clients, silent connections, halves of
requests and bodies of 50 MB pester the same port (``nuisances.py``). A request is good if it is answered
with 200 within one second. Where something else works on the box too, the share by the server's processor
time is the one to read: what others take of the core is in neither side of it. Afterwards the same closed
loop tells whether the server is back.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from load import http_request
from plant import BenchPlant, build
from servers import HERE, Server, ask_once, running

CONNECTIONS = 4000
CAPACITY_CONNECTIONS = 64
DEADLINE_MS = 1000


class Flood:
    """The load, on a core of its own."""

    def __init__(self, folder: Path, core: int | None) -> None:
        self._program = folder / "flood"
        self._pinned = ["taskset", "-c", str(core)] if core is not None else []
        subprocess.run(["cc", "-O2", "-o", self._program, HERE / "flood.c"], check=True)

    def run(
        self, server: Server, request: Path, *, rate: float, seconds: float, connections: int
    ) -> dict[str, float]:
        """Send, and return what the program counted; rate 0 is the closed loop."""
        words = [
            *self._pinned, str(self._program), str(server.port), str(request), str(rate), str(seconds),
            str(connections), str(DEADLINE_MS),
        ]  # fmt: skip
        spent_s = server.cpu_s()
        done = subprocess.run(words, check=True, capture_output=True, timeout=seconds + 60)
        counted: dict[str, float] = json.loads(done.stdout)
        counted["good_per_cpu_s"] = counted["good"] / (server.cpu_s() - spent_s)
        return counted


class Memory(threading.Thread):
    """Watches how much memory the server holds."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._ending = threading.Event()
        self.highest_mb = 0.0

    def run(self) -> None:
        """Look until told to end."""
        while not self._ending.wait(0.1):
            self.highest_mb = max(self.highest_mb, self._server.resident_mb())

    def end(self) -> None:
        """Stop looking."""
        self._ending.set()
        self.join()


class Regular(threading.Thread):
    """A client that keeps its connection and asks a few times a second, before, during and after."""

    def __init__(self, server: Server, body: bytes) -> None:
        super().__init__(daemon=True)
        self._wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._ask = (server.path, body)
        self._ending = threading.Event()
        self.answers: list[tuple[float, float, int]] = []

    def run(self) -> None:
        """Ask until told to end."""
        path, body = self._ask
        while not self._ending.wait(0.1):
            asked = time.perf_counter()
            self._wire.request("POST", path, body, {"Content-Type": "application/json"})
            reply = self._wire.getresponse()
            reply.read()
            self.answers.append((asked, time.perf_counter(), reply.status))

    def end(self) -> None:
        """Stop asking."""
        self._ending.set()
        self.join()

    def told(self, begun: float, ended: float) -> dict[str, float]:
        """Sum up what it met between two moments, and how soon it was answered after them."""
        during = sorted(done - asked for asked, done, _ in self.answers if begun <= asked < ended)
        after = next((done - ended for asked, done, _ in self.answers if done >= ended), float("inf"))
        return {
            "asked": len(during),
            "refused": sum(status != 200 for asked, _, status in self.answers if begun <= asked < ended),
            "p50_ms": 1000 * during[len(during) // 2],
            "longest_ms": 1000 * during[-1],
            "after_ms": 1000 * after,
        }


def newcomer_s(server: Server, body: bytes) -> float:
    """Return how long a client that comes right after the load waits for its first answer."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < 60:
        try:
            if ask_once(server.port, server.path, body).startswith(b"HTTP/1.1 200"):
                return time.perf_counter() - begun
        except OSError:
            continue
    return float("inf")


def measure(plant: BenchPlant, seconds: float, times: float) -> dict[str, object]:
    """Capacity, overload, recovery, capacity again: the box's own drift is in both."""
    two = (os.cpu_count() or 1) > 1
    core = 1 if two else None
    with running("andamio", plant, 0 if two else None) as server:
        flood = Flood(plant.root, core)
        body = plant.one_row.read_bytes()
        request = plant.root / "request.http"
        request.write_bytes(http_request(server.path, body))
        closed = {"rate": 0, "connections": CAPACITY_CONNECTIONS}
        flood.run(server, request, seconds=2, **closed)
        before = flood.run(server, request, seconds=5, **closed)
        resident = server.resident_mb()
        memory = Memory(server)
        regular = Regular(server, body)
        memory.start()
        regular.start()
        words = ["--port", str(server.port), "--path", server.path, "--seconds", str(seconds + 1)]
        pinned = ["taskset", "-c", str(core)] if two else []
        nuisances = subprocess.Popen(
            [*pinned, sys.executable, str(HERE / "nuisances.py"), *words], stdout=subprocess.PIPE
        )
        time.sleep(2)
        begun = time.perf_counter()
        rate = times * before["goodput_per_s"]
        over = flood.run(server, request, rate=rate, seconds=seconds, connections=CONNECTIONS)
        ended = time.perf_counter()
        newcomer = newcomer_s(server, body)
        pestered = json.loads(nuisances.communicate(timeout=60)[0])
        after = flood.run(server, request, seconds=5, **closed)
        regular.end()
        memory.end()
        return {
            "before": before,
            "overload": over,
            "after": after,
            "capacity_per_s": (before["goodput_per_s"] + after["goodput_per_s"]) / 2,
            "regular": regular.told(begun, ended),
            "newcomer_s": newcomer,
            "nuisances": pestered,
            "memory_mb": {"before": resident, "highest": memory.highest_mb, "after": server.resident_mb()},
        }


def told(found: dict) -> list[str]:
    """Write the figures as lines."""
    over, regular, memory = found["overload"], found["regular"], found["memory_mb"]
    capacity = found["capacity_per_s"]
    lines = {
        "capacity before": _rate(found["before"]),
        "capacity after": _rate(found["after"]),
        "offered": f"{over['offered_per_s']:.0f} requests/s, {over['offered_per_s'] / capacity:.2f} times",
        "answered in time": _rate(over),
        "of capacity": f"{over['goodput_per_s'] / capacity:.2f}; worst second "
        f"{min(over['seconds']) / capacity:.2f}; by the server's processor time "
        f"{2 * over['good_per_cpu_s'] / sum(found[w]['good_per_cpu_s'] for w in ('before', 'after')):.2f}",
        "refused": f"429: {over['refused_429']}, 503: {over['refused_503']}, of them with Retry-After "
        f"{over['retry_after']}; other statuses {over['other']}",
        "without an answer": f"late {over['late']}, given up {over['given_up']}, cut {over['broken']}, "
        f"no connection free {over['unsent']}",
        "a regular client": f"asked {regular['asked']:.0f}, refused {regular['refused']:.0f}, "
        f"p50 {regular['p50_ms']:.0f} ms, longest {regular['longest_ms']:.0f} ms; "
        f"after the load {regular['after_ms']:.0f} ms",
        "a newcomer": f"its first answer {1000 * found['newcomer_s']:.0f} ms after the load",
        "memory": f"{memory['before']:.0f} MB before, {memory['highest']:.0f} MB at most, "
        f"{memory['after']:.0f} MB after",
    }
    nuisances = [f"  {what:40}{count:8}" for what, count in found["nuisances"].items()]
    return [*(f"{what:20}{line}" for what, line in lines.items()), *nuisances]


def _rate(figures: dict) -> str:
    return (
        f"{figures['goodput_per_s']:.0f} requests/s, p50 {figures['p50_ms']:.1f} ms, "
        f"p99 {figures['p99_ms']:.1f} ms"
    )


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--times", type=float, default=3.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(build(Path(folder) / "plant", csv_rows=100), options.seconds, options.times)
    print("\n".join(told(found)))
    if options.out:
        options.out.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
