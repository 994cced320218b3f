"""How many connections there may be, and which are ended: over real sockets, swept by hand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
import uvicorn
import uvloop
from uvicorn.server import ServerState

from andamio.errors import Overloaded
from andamio.serving.connections import Connections
from andamio.serving.exchange import read_body, send_answer
from andamio.serving.holding import Held
from andamio.serving.limits import Limits

ASK = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
BIG = 32 * 1024 * 1024
Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answers(scope: Any, receive: Any, send: Any) -> None:
    await send_answer(send, 200, b"text/plain", bytes(BIG) if scope["path"] == "/big" else b"hello")


class House:
    """A server whose connections are counted."""

    def __init__(self, limits: Limits) -> None:
        self.connections = Connections(limits)
        self._config = uvicorn.Config(
            answers,
            http=self.connections.protocol(),
            lifespan="off",
            log_config=None,
            timeout_keep_alive=limits.keep_alive_s,
        )
        self._state = ServerState()
        self.port = 0
        self._pipes: list[Pipe] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[House]:
        protocol: Any = self.connections.protocol()
        loop = asyncio.get_running_loop()
        listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        listener.setblocking(False)
        server = await loop.create_server(
            lambda: protocol(config=self._config, server_state=self._state, app_state={}), sock=listener
        )
        self.connections.listener = listener
        self.port = listener.getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for connection in list(self.connections.open):
                connection.transport.abort()
            for _, writer in self._pipes:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def come(self, words: bytes = b"") -> Pipe:
        """Open a connection and wait until the server has met it."""
        met = self.met()
        pipe = await asyncio.open_connection("127.0.0.1", self.port)
        self._pipes.append(pipe)
        pipe[1].write(words)
        while self.met() == met:
            await asyncio.sleep(0)
        return pipe

    def met(self) -> tuple[int, int]:
        return len(self.connections.open), sum(self.connections.closed.values())


def in_house(story: Callable[[House], Awaitable[None]], **limits: float) -> None:
    async def told() -> None:
        async with asyncio.timeout(20):
            async with House(Limits(**limits)).open() as house:  # type: ignore[arg-type]
                await story(house)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(told())


async def said(pipe: Pipe) -> tuple[bytes, Any]:
    content = await pipe[0].read()
    head, _, body = content.partition(b"\r\n\r\n")
    return head.lower(), msgspec.json.decode(body) if body else None


async def one_answer(pipe: Pipe) -> None:
    assert (await pipe[0].readexactly(15)) == b"HTTP/1.1 200 OK"
    assert (await pipe[0].readuntil(b"hello")).endswith(b"\r\n\r\nhello")


def test_a_silent_connection_and_a_slow_head_are_ended_and_an_idle_one_stays() -> None:
    async def story(house: House) -> None:
        silent = await house.come()
        slow = await house.come(ASK[:-2] + b"X-Slow: 1\r\n")
        idle = await house.come(ASK)
        await one_answer(idle)
        house.connections.sweep()
        assert len(house.connections.open) == 3
        slow[1].write(b"X-Slow: 2\r\n")
        await asyncio.sleep(0.05)
        house.connections.sweep()
        house.connections.sweep()
        assert await silent[0].read() == b""
        head, body = await said(slow)
        assert head.startswith(b"http/1.1 408")
        assert body["error"]["code"] == "body-late"
        assert house.connections.closed == {"head late": 2}
        idle[1].write(ASK)
        await one_answer(idle)

    in_house(story, head_timeout_s=2)


def test_an_answer_that_is_not_taken_ends_its_connection() -> None:
    async def story(house: House) -> None:
        await house.come(ASK.replace(b"GET /", b"GET /big"))
        connection = next(iter(house.connections.open))
        while not connection.unread():
            await asyncio.sleep(0.01)
        for _ in range(2):
            house.connections.sweep()
        assert len(house.connections.open) == 1
        house.connections.sweep()
        assert house.connections.closed == {"answer not taken": 1}

    in_house(story, body_timeout_s=2)


def test_sooner_when_all_that_is_not_taken_is_above_the_cap() -> None:
    async def story(house: House) -> None:
        await house.come(ASK.replace(b"GET /", b"GET /big"))
        connection = next(iter(house.connections.open))
        while not connection.unread():
            await asyncio.sleep(0.01)
        house.connections.sweep()
        assert len(house.connections.open) == 1
        house.connections.sweep()
        assert house.connections.closed == {"answer not taken": 1}

    in_house(story, held_bytes=1000)


def test_at_the_cap_the_longest_idle_gives_way_and_where_none_is_idle_it_is_said() -> None:
    async def story(house: House) -> None:
        first, second = await house.come(ASK), await house.come()
        await one_answer(first)
        third = await house.come(ASK)
        await one_answer(third)
        assert await first[0].read() == b""
        assert house.connections.closed == {"idle": 1}
        third[1].write(ASK[:-2])
        await asyncio.sleep(0.15)
        fourth = await house.come(b"POST /v2/models/m/infer HTTP/1.1\r\n\r\n")
        head, body = await said(fourth)
        assert head.startswith(b"http/1.1 429")
        assert b"\r\nretry-after: 1\r\n" in head
        assert b"\r\nconnection: close" in head
        assert body["detail"]["code"] == "overloaded"
        assert isinstance(body["error"], str)
        assert house.connections.closed == {"idle": 1, "full": 1}
        second[1].write(ASK)
        await one_answer(second)

    in_house(story, connections=2, idle_s=-1)


def test_a_connection_that_stays_silent_gives_way_before_one_that_was_used() -> None:
    async def story(house: House) -> None:
        silent = await house.come()
        used = await house.come(ASK)
        await one_answer(used)
        house.connections.sweep()
        house.connections.sweep()
        await house.come()
        assert (await said(silent))[0].startswith(b"http/1.1 429")
        used[1].write(ASK)
        await one_answer(used)

    in_house(story, connections=2, idle_s=-1)


def test_the_cap_leaves_files_for_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andamio.serving.connections.resource.getrlimit", lambda _: (300, 300))
    assert Connections(Limits()).cap == 172


def test_bodies_in_pieces_hold_no_more_than_their_cap_together_and_give_it_back() -> None:
    async def read(*sizes: int, hold: asyncio.Event | None = None) -> int:
        pieces = [{"type": "http.request", "body": bytes(size), "more_body": True} for size in sizes]

        async def receive() -> Any:
            if pieces:
                return pieces.pop(0)
            if hold is not None:
                await hold.wait()
            return {"type": "http.request", "body": b""}

        return len(await read_body(receive, b"", Limits(held_bytes=100)))

    async def story() -> None:
        ending = asyncio.Event()
        first = asyncio.create_task(read(60, hold=ending))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await asyncio.create_task(read(30, 30))
        ending.set()
        assert await first == 60
        await asyncio.sleep(0)
        assert await asyncio.create_task(read(30, 30)) == 60

    asyncio.run(story())


def test_one_body_alone_always_finds_room() -> None:
    async def story() -> None:
        Held(10).more(1000)

    asyncio.run(story())


def test_those_who_left_the_queue_are_dropped_and_whoever_waits_behind_them_is_answered() -> None:
    async def story(house: House) -> None:
        house.connections._crowded_until = float("inf")  # as after the cap was reached
        left = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(100)]
        for wire in left:
            wire.sendall(ASK)
            wire.close()
        pipe = await house.come(ASK)
        await one_answer(pipe)
        assert house.connections.closed == {"left": 100}
        again = await house.come(ASK)
        await one_answer(again)

    in_house(story)
