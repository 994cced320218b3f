"""The short way of a request whose head is known gives the answers of the ordinary way, and only those."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andamio.access import Token, TokenFile, digest_of
from andamio.errors import JournalFull, text
from andamio.journal import PredictionRecord, Record
from andamio.serving import shortcut
from andamio.serving.application import Application, KnownHead
from andamio.serving.gate import Gate
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.limits import Limits
from andamio.serving.metrics import Metrics
from andamio.serving.shortcut import ShortcutProtocol

PATH = "/v1/models/pump/predict"
ROW = {"bearing_temp": 70.0, "ambient_temp": 20.0, "product": "L"}


class Reply(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def told(self) -> Any:
        """The answer without what differs between two askings."""
        found = json.loads(self.content)
        for prediction in found.get("predictions", ()):
            prediction["id"] = ""
        return found


class House:
    """A served application whose journal is a list that may be full, slow, or both."""

    def __init__(self, scorer: Any, **caps: int) -> None:
        self.records: list[Record] = []
        self.full = False
        self.room = asyncio.Event()
        self.room.set()
        self.taken: list[bool] = []
        self.heads: dict[bytes, KnownHead] = {}
        self.metrics = Metrics()
        self.pool = ThreadPoolExecutor(1)
        board = Switchboard(self._commit, self.pool, self.metrics, Limits())
        self.application = Application(board.routes(Generation(1, {"pump": scorer})), self.metrics, Limits())
        take = self.application.take

        def counted(*arguments: Any) -> bool:
            self.taken.append(take(*arguments))
            return self.taken[-1]

        self.application.take = cast("Any", counted)  # type: ignore[method-assign]
        self.caps = caps

    async def _commit(self, records: Sequence[Record]) -> None:
        waits, self.room = self.room, asyncio.Event()
        self.room.set()  # only the first that comes has to wait
        await waits.wait()
        if self.full:
            raise JournalFull(text("the disk is full"))
        self.records += records

    @asynccontextmanager
    async def open(self) -> AsyncIterator[House]:
        """Serve on a free port of the loopback address."""
        config = uvicorn.Config(
            self.application,
            host="127.0.0.1",
            port=0,
            http=type(
                "Shortcut", (ShortcutProtocol,), {"application": self.application, "heads": self.heads}
            ),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            **cast("dict[str, Any]", self.caps),
        )
        self.server = uvicorn.Server(config)
        serving = asyncio.create_task(self.server._serve())
        while not self.server.started:
            await asyncio.sleep(0)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.server.should_exit = True
            await serving
            self.pool.shutdown()

    async def ask(self, *requests: bytes, cuts: Sequence[int] = ()) -> list[Reply]:
        """Send requests over one connection, cut at some places; return all answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        stream = b"".join(requests)
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            writer.write(stream[start:end])
            await writer.drain()
            await asyncio.sleep(0)
        replies = [await _reply(reader) for _ in requests]
        writer.close()
        return replies


async def _reply(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Reply(
        int(status.split()[1]), headers, await reader.readexactly(int(headers.get("content-length", 0)))
    )


def request(body: bytes | object, *more: str, path: str = PATH, method: str = "POST") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *more]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


GOOD = request({"row": ROW})
KINDS = {
    "good": (GOOD, 200),
    "another": (request({"row": {**ROW, "bearing_temp": 71.5, "asset": "P1"}}), 200),
    "many": (request({"rows": [ROW, ROW]}), 200),
    "spaced": (request(b'{ "row": %b}' % json.dumps(ROW).encode()), 200),
    "named": (request({"row": ROW}, "X-Request-Id: mine"), 200),
    "bad row": (request({"row": {**ROW, "bearing_temp": 9999.0}}), 422),
    "no json": (request(b'{"row":'), 400),
    "elsewhere": (request({"row": ROW}, path="/v1/models/fan/predict"), 404),
    "strange host": (request({"row": ROW}).replace(b"127.0.0.1", b"evil.test"), 403),
    "a page": (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200),
    "chunks": (
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        % (PATH.encode(), len(GOOD.split(b"\r\n\r\n")[1]), GOOD.split(b"\r\n\r\n")[1]),
        200,
    ),
}


def within(models: Any, work: Callable[[House], Awaitable[None]], **caps: int) -> None:
    async def go() -> None:
        async with House(models.scorer("two"), **caps).open() as house:
            await work(house)
            assert house.metrics.in_flight == 0

    asyncio.run(go())


def test_a_head_is_parsed_once_and_its_answers_are_the_same(models: Any) -> None:
    async def work(house: House) -> None:
        first, *rest = await house.ask(GOOD) + await house.ask(GOOD) + await house.ask(GOOD)
        assert house.taken == [True, True]
        assert [reply.told for reply in rest] == [first.told] * 2
        assert len({reply.headers["x-request-id"] for reply in [first, *rest]}) == 3
        assert [reply.headers.keys() for reply in rest] == [first.headers.keys()] * 2
        assert len(house.records) == 3
        assert house.metrics.requests["pump", "predict", 200] == 3
        assert sum(house.metrics.latency["pump"].counts) == 3

    within(models, work)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_however_requests_are_mixed_and_cut_each_gets_its_own_answer(
    models: Any, data: st.DataObject
) -> None:
    kinds = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=8))
    stream = b"".join(KINDS[kind][0] for kind in kinds)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=6)))

    async def work(house: House) -> None:
        alone = {kind: (await house.ask(KINDS[kind][0]))[0] for kind in set(kinds)}
        together = await house.ask(*(KINDS[kind][0] for kind in kinds), cuts=cuts)
        one_by_one = [(await house.ask(KINDS[kind][0]))[0] for kind in kinds]
        for replies in (together, one_by_one):
            assert [reply.status for reply in replies] == [KINDS[kind][1] for kind in kinds]
            assert [reply.told for reply in replies] == [alone[kind].told for kind in kinds]

    # Some refusals close the connection after them, so what follows on it is not read.
    if all(KINDS[kind][1] in (200, 422, 400, 404) for kind in kinds):
        within(models, work)


def test_rows_of_several_connections_share_a_record(models: Any) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        streams = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(8)]
        for _, writer in streams:
            writer.write(GOOD)
        replies = [await _reply(reader) for reader, _ in streams]
        assert {reply.status for reply in replies} == {200}
        records = [record for record in house.records if isinstance(record, PredictionRecord)]
        assert sum(map(len, records)) == 9
        assert len(records) < 9
        for _, writer in streams:
            writer.close()

    within(models, work)


def test_a_full_disk_is_told_as_the_ordinary_way_tells_it(models: Any) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        house.full = True
        [refused] = await house.ask(GOOD)
        assert (refused.status, refused.told["error"]["code"]) == (503, "journal-full")
        house.full = False
        [reply] = await house.ask(GOOD)
        assert reply.status == 200
        assert len(house.records) == 2

    within(models, work)


def test_a_process_that_ends_answers_what_it_has_taken(models: Any) -> None:
    async def go() -> Reply:
        async with House(models.scorer("two")).open() as house:
            await house.ask(GOOD)
            room = house.room
            room.clear()
            asked = asyncio.create_task(house.ask(GOOD))
            while house.metrics.in_flight == 0:
                await asyncio.sleep(0)
            house.server.should_exit = True
            for connection in list(house.server.server_state.connections):
                cast("Any", connection).shutdown()
            await asyncio.sleep(0)
            room.set()
            [reply] = await asked
            assert len(house.records) == 2
            return reply

    assert asyncio.run(go()).status == 200


def test_who_hangs_up_is_not_waited_for(models: Any) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        room = house.room
        room.clear()
        _, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(GOOD)
        while house.metrics.in_flight == 0:
            await asyncio.sleep(0)
        writer.transport.abort()
        while len(house.server.server_state.connections) > 0:
            await asyncio.sleep(0)
        room.set()
        while house.metrics.in_flight:
            await asyncio.sleep(0)
        assert (await house.ask(GOOD))[0].status == 200

    within(models, work)


@pytest.mark.parametrize(
    "kinds", [["good", "good", "bad row", "good", "many"], ["many", "good", "good", "many", "bad row"]]
)
def test_what_comes_before_its_turn_waits(models: Any, kinds: list[str]) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        room = house.room
        room.clear()
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        for kind in kinds:
            writer.write(KINDS[kind][0])
            await writer.drain()
            for _ in range(20):
                await asyncio.sleep(0)
        room.set()
        replies = [await _reply(reader) for _ in kinds]
        assert [reply.status for reply in replies] == [KINDS[kind][1] for kind in kinds]
        rows = {"good": 1, "many": 2, "bad row": 0}
        assert [len(reply.told.get("predictions", ())) for reply in replies] == [rows[kind] for kind in kinds]
        writer.close()

    within(models, work)


def test_a_known_head_does_not_open_the_gate(models: Any) -> None:
    async def work(house: House) -> None:
        secret = b"a-secret-of-the-plant"
        token = Token(
            name="press",
            digest=digest_of(secret),
            actions=("predict",),
            models=("*",),
            created=datetime.now(UTC),
            per_minute=18,
        )
        sent = request({"row": ROW}, f"Authorization: Bearer {secret.decode()}")
        house.application.gate = Gate(TokenFile(tokens=(token,)), clock_s=lambda: 0.0)
        bad = request({"row": {**ROW, "bearing_temp": 9999.0}}, f"Authorization: Bearer {secret.decode()}")
        told = [(await house.ask(one))[0].status for one in (sent, sent, bad, sent, sent)]
        assert told == [200, 200, 422, 429, 429]
        house.application.gate = Gate(TokenFile(tokens=()))
        assert (await house.ask(sent))[0].status == 401
        assert (await house.ask(GOOD))[0].status == 401

    within(models, work)


def test_a_connection_that_is_still_for_long_is_closed(models: Any) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(GOOD)
        assert (await _reply(reader)).status == 200
        assert house.taken == [True]
        assert await reader.read() == b""
        writer.close()

    within(models, work, timeout_keep_alive=1)


def test_the_memory_of_heads_is_bounded(models: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut, "_MOST_HEADS", 3)

    async def work(house: House) -> None:
        for number in range(10):
            await house.ask(request({"row": ROW}, f"User-Agent: {number}"))
            assert len(house.heads) <= 3
        await house.ask(request({"row": ROW}, "User-Agent: " + "x" * 3000))
        await house.ask(KINDS["strange host"][0])
        assert not any(b"xxx" in head or b"evil" in head for head in house.heads)

    within(models, work)


@pytest.mark.parametrize(
    "opening",
    [
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Note: " % PATH.encode(),
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % (PATH.encode(), len(GOOD)),
        b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (PATH.encode(), len(GOOD)),
    ],
    ids=["in a header", "in a body", "in a chunk"],
)
def test_a_request_hidden_in_another_is_none(models: Any, opening: bytes) -> None:
    async def work(house: House) -> None:
        await house.ask(GOOD)
        end = b"\r\n0\r\n\r\n" if b"chunked" in opening else b""
        [whole] = await house.ask(opening + GOOD + end)
        cuts = [len(opening), len(opening) + len(GOOD)] if end else [len(opening)]
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        stream, taken = opening + GOOD + end, len(house.taken)
        for start, stop in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            writer.write(stream[start:stop])
            await writer.drain()
            for _ in range(20):
                await asyncio.sleep(0)
        assert (await _reply(reader)).status == whole.status
        assert len(house.taken) == taken
        writer.close()

    within(models, work)
