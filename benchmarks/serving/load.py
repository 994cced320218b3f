"""Send the same request over and over on a number of connections and write down every latency.

Runs as its own process, so that the server never shares an interpreter with it:

    python benchmarks/serving/load.py --port 8081 --path /v1/models/m/predict --body body.json \
        --connections 16 --seconds 3
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from itertools import count, repeat
from pathlib import Path
from time import perf_counter
from typing import cast

import uvloop


class Client(asyncio.Protocol):
    """One connection: send, wait for the whole answer, note the time, send again until told to stop."""

    def __init__(
        self, requests: Iterator[bytes], latencies: list[float], stop_at: float, done: asyncio.Future[None]
    ) -> None:
        self._requests = requests
        self._latencies = latencies
        self._stop_at = stop_at
        self._done = done
        self._missing = -1
        self._buffer = b""
        self.failed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._sent = perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Count an answer when it is whole."""
        buffer = self._buffer + data if self._buffer else data
        if self._missing < 0:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = buffer
                return
            head = buffer[:end].lower()
            if not head.startswith(b"http/1.1 200"):
                self.failed += 1
            start = head.index(b"content-length:") + 15
            stop = head.find(b"\r\n", start)
            length = int(head[start : stop if stop > 0 else None])
            self._missing = end + 4 + length
        if len(buffer) < self._missing:
            self._buffer = buffer
            return
        self._buffer = b""
        self._missing = -1
        now = perf_counter()
        self._latencies.append(now - self._sent)
        if now < self._stop_at:
            self._send()
        else:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        """A connection that the server closed is a failure."""
        if not self._done.done():
            self.failed += 1
            self._done.set_result(None)


async def attack(
    host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> dict[str, float]:
    """Load one server for some seconds and sum up."""
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    stop_at = perf_counter() + seconds
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    clients: list[Client] = []
    started = perf_counter()
    for end in ends:
        _, client = await loop.create_connection(
            lambda end=end: Client(requests, latencies, stop_at, end), host, port
        )
        clients.append(client)
    await asyncio.wait_for(asyncio.gather(*ends), seconds + 30)
    elapsed = perf_counter() - started
    latencies.sort()
    return {
        "requests_per_s": len(latencies) / elapsed,
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[int(len(latencies) * 0.99)],
        "failed": sum(client.failed for client in clients),
        "requests": len(latencies),
    }


def http_request(path: str, body: bytes) -> bytes:
    """Write one POST as an ordinary client does."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nUser-Agent: load\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def named(request: bytes) -> Iterator[bytes]:
    """Yield the request with another ``X-Request-Id`` each time, as a gateway sends it."""
    start, end = request.split(b"\r\n", 1)
    return (b"%b\r\nX-Request-Id: %d\r\n%b" % (start, number, end) for number in count())


def main() -> None:
    """Read the arguments, load, print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--named", action="store_true", help="every request has an id of its own")
    options = parser.parse_args()
    request = http_request(options.path, options.body.read_bytes())
    requests = named(request) if options.named else repeat(request)
    found = uvloop.run(attack(options.host, options.port, requests, options.connections, options.seconds))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
