"""Clients as no server wants them: slow ones, silent ones, and bodies of 50 MB, until told to end.

    python benchmarks/serving/nuisances.py --port 8081 --path /v1/models/m/predict --seconds 60

Prints what became of them as one JSON object: every connection that the server closed is one that no
longer costs it anything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

BODY_BYTES = 50_000_000
CHUNK = bytes(65536)
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Nuisances:
    """All of them, against one server."""

    def __init__(self, port: int, path: str, *, many: int = 100) -> None:
        self._port = port
        self._many = many
        self.counted: Counter[str] = Counter()
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()

    async def run(self, seconds: float) -> None:
        """Be a nuisance for some seconds."""
        kinds = [self._silent, self._slow_head, self._half_body] * self._many
        kinds += [self._announced, self._chunked]
        tasks = [asyncio.create_task(self._again(kind)) for kind in kinds]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _again(self, kind: Callable[[Pipe], Awaitable[None]]) -> None:
        name = kind.__name__.lstrip("_")
        while True:
            try:
                async with asyncio.timeout(5):
                    pipe = await asyncio.open_connection("127.0.0.1", self._port)
            except (OSError, TimeoutError):
                self.counted[f"{name}: no connection"] += 1
                await asyncio.sleep(1)
                continue
            self.counted[f"{name}: begun"] += 1
            try:
                await kind(pipe)
                self.counted[f"{name}: ended by the server"] += 1
            except OSError:
                self.counted[f"{name}: cut by the server"] += 1
            finally:
                pipe[1].transport.abort()
            await asyncio.sleep(1)

    async def _silent(self, pipe: Pipe) -> None:
        await pipe[0].read()

    async def _slow_head(self, pipe: Pipe) -> None:
        reader, writer = pipe
        ended = asyncio.create_task(reader.read())
        try:
            writer.write(self._head)
            while not ended.done():
                writer.write(b"X-Slow: 1\r\n")
                await asyncio.sleep(1)
        finally:
            ended.cancel()

    async def _half_body(self, pipe: Pipe) -> None:
        pipe[1].write(self._head + b'Content-Length: 1000\r\n\r\n{"row"')
        await self._told(pipe[0], "half body")

    async def _announced(self, pipe: Pipe) -> None:
        reader, writer = pipe
        writer.write(self._head + b"Content-Length: %d\r\n\r\n" % BODY_BYTES)
        await asyncio.gather(self._pour(writer, b""), self._told(reader, "announced 50 MB"))

    async def _chunked(self, pipe: Pipe) -> None:
        reader, writer = pipe
        writer.write(self._head + b"Transfer-Encoding: chunked\r\n\r\n")
        frame = b"%x\r\n" % len(CHUNK)
        await asyncio.gather(self._pour(writer, frame), self._told(reader, "50 MB in chunks"))

    async def _pour(self, writer: asyncio.StreamWriter, frame: bytes) -> None:
        with suppress(OSError):
            for _ in range(BODY_BYTES // len(CHUNK)):
                writer.write(frame + CHUNK + (b"\r\n" if frame else b""))
                await writer.drain()

    async def _told(self, reader: asyncio.StreamReader, what: str) -> None:
        with suppress(OSError):
            answer = await reader.read(1000)
            self.counted[f"{what}: answered {answer[9:12].decode() or 'nothing'}"] += 1
            await reader.read()


async def pester(port: int, path: str, seconds: float) -> dict[str, int]:
    """Run them and return what became of them."""
    nuisances = Nuisances(port, path)
    await nuisances.run(seconds)
    return dict(sorted(nuisances.counted.items()))


def main() -> None:
    """Read the arguments, pester, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    json.dump(asyncio.run(pester(given.port, given.path, given.seconds)), sys.stdout)


if __name__ == "__main__":
    main()
