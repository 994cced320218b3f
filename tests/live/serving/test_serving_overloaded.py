"""Too much of everything: the process lives, its memory is bounded, and a client that behaves is answered."""

from __future__ import annotations

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.live

PATH = "/v1/models/pump-health/predict"
ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
BODY = json.dumps({"row": ROW}).encode()
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n".encode()
ASK = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CAP = 128
MB = 1024 * 1024
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextmanager
def few_files() -> Iterator[None]:
    """Let what is started now have few files, so that its cap on connections is low: 128."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * CAP, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def resident(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def come(port: int, words: bytes) -> Pipe:
    pipe = await asyncio.open_connection("127.0.0.1", port)
    pipe[1].write(words)
    return pipe


async def one(pipe: Pipe) -> tuple[int, dict[str, str], Any]:
    """Read one answer; 0 where the connection was ended without one."""
    reader = pipe[0]
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
        return (
            int(head[0].split()[1]),
            headers,
            json.loads(await reader.readexactly(int(headers["content-length"]))),
        )
    except (asyncio.IncompleteReadError, OSError):
        return 0, {}, None


async def in_turn(port: int, times: int) -> list[tuple[int, dict[str, str], Any]]:
    """Ask several times on one connection, which is opened again where it was ended."""
    found = []
    for _ in range(times):
        pipe = await come(port, ASK)
        try:
            found.append(await one(pipe))
        finally:
            await end(pipe)
    return found


async def end(*pipes: Pipe) -> None:
    for _, writer in pipes:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def pour(pipe: Pipe, size: int, *, framed: bool) -> None:
    chunk = bytes(65536)
    with suppress(OSError):
        for _ in range(size // len(chunk)):
            pipe[1].write(b"10000\r\n" + chunk + b"\r\n" if framed else chunk)
            await pipe[1].drain()


def test_everyone_gets_an_answer_or_a_refusal_and_a_good_client_is_answered_afterwards(
    plant: Any, serve: Callable[..., Any]
) -> None:
    plant.deploy(plant.build(3))

    async def story(port: int) -> Counter[int]:
        nuisances = [await come(port, words) for words in [b"", HEAD, ASK[:-3]] * 20]
        answered = await asyncio.gather(*(in_turn(port, 10) for _ in range(2 * CAP)))
        for status, headers, body in (reply for replies in answered for reply in replies):
            assert status in {0, 200, 429}, body
            if status == 429:
                assert headers["retry-after"] == "1"
                assert body["error"]["code"] == "overloaded"
        await end(*nuisances)
        return Counter(reply[0] for replies in answered for reply in replies)

    with few_files():
        running = serve(plant)
        process = running.__enter__()
    try:
        assert process.predict(ROW).status == 200
        before = resident(process.process.pid)
        counted = asyncio.run(story(process.port))
        assert sum(counted.values()) == 20 * CAP
        assert counted[0] < CAP  # cut before it had asked: a client that is slow to send may be
        assert process.predict(ROW).status == 200
        assert process.process.poll() is None
        assert resident(process.process.pid) < before + 100 * MB
        assert len(plant.journalled()) == counted[200] + 2
        assert b"andamio_connections_closed_total{" in process.ask("/metrics").content
        assert process.stop() == 0
    finally:
        running.__exit__(None, None, None)


def test_large_bodies_are_refused_before_they_are_held(plant: Any, serve: Callable[..., Any]) -> None:
    plant.deploy(plant.build(3))

    async def announced(port: int) -> int:
        pipe = await come(port, HEAD + b"Content-Length: 50000000\r\n\r\n")
        try:
            return (await one(pipe))[0]
        finally:
            await end(pipe)

    async def in_chunks(port: int) -> int:
        pipe = await come(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        _, answer = await asyncio.gather(pour(pipe, 50 * MB, framed=True), one(pipe))
        await end(pipe)
        return answer[0]

    async def many(port: int) -> Counter[int]:
        pipes = [await come(port, HEAD + b"Content-Length: 16000000\r\n\r\n") for _ in range(12)]
        await asyncio.gather(*(pour(pipe, 15 * MB, framed=False) for pipe in pipes))
        waits = [asyncio.create_task(one(pipe)) for pipe in pipes]
        await asyncio.wait(waits, timeout=1)
        found = Counter(wait.result()[0] for wait in waits if wait.done())
        for wait in waits:
            wait.cancel()
        for _, writer in pipes:
            writer.transport.abort()
        await end(*pipes)
        return found

    with serve(plant) as process:
        assert process.predict(ROW).status == 200
        before = resident(process.process.pid)
        assert asyncio.run(announced(process.port)) == 413
        assert asyncio.run(in_chunks(process.port)) in {413, 0}
        found = asyncio.run(many(process.port))
        assert found[429] >= 6
        assert resident(process.process.pid) < before + 200 * MB
        assert process.predict(ROW).status == 200
        assert len(plant.journalled()) == 2
        assert process.stop() == 0
