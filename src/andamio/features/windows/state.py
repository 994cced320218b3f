"""Keep a stream's memory as bytes and take it up again: typed MessagePack, so nothing in it can run."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from andamio.errors import Text, WindowsRefused, text
from andamio.features.windows.plan import WindowPlan
from andamio.features.windows.samples import Samples
from andamio.features.windows.stream import MOST_ASSETS, AssetMemory, WindowStream
from andamio.kernel.digests import sha256

_FORM = 1


class _Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    newest: int
    done: int
    seen: int
    ticks: bytes
    numbers: bytes
    categories: list[str]
    times: list[str]
    cycles: list[str]


class _State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: int
    plan: str
    assets: dict[str, _Asset]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_State).decode


def kept(stream: WindowStream) -> bytes:
    """Write all that a stream has to remember, its digest first."""
    assets = {name: _of(known) for name, known in stream.memory.items()}
    body = _encode(_State(_FORM, stream.plan.fingerprint, assets))
    return bytes.fromhex(sha256(body)) + body


def taken_up(plan: WindowPlan, content: bytes, *, most_assets: int = MOST_ASSETS) -> WindowStream:
    """Go on where a stream ended.

    Raises:
        WindowsRefused: The bytes are damaged, or belong to windows of another form.
    """
    digest, body = content[:32], content[32:]
    if bytes.fromhex(sha256(body)) != digest:
        raise _damaged(text("its content is not what was written"))
    try:
        state = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(text("{reason}", reason=error)) from error
    if state.form != _FORM or state.plan != plan.fingerprint:
        raise WindowsRefused(
            text("the kept windows are not those of this model"),
            why=text("its tags, its length, period, step, gap or cycle have changed since they were kept"),
            fix=text("begin anew with another file for the state"),
        )
    return WindowStream(plan, most_assets, _memories(plan, state.assets))


def _of(known: AssetMemory) -> _Asset:
    samples = known.samples
    return _Asset(
        known.newest,
        known.done,
        known.seen,
        samples.ticks.astype("<i8").tobytes(),
        samples.numbers.astype("<f4").tobytes(),
        samples.categories.reshape(-1).tolist(),
        samples.times.tolist(),
        samples.cycles.tolist(),
    )


def _memories(plan: WindowPlan, assets: Mapping[str, _Asset]) -> dict[str, AssetMemory]:
    return {
        name: AssetMemory(_samples(plan, known), known.newest, known.done, known.seen)
        for name, known in assets.items()
    }


def _samples(plan: WindowPlan, known: _Asset) -> Samples:
    rows = len(known.times)
    return Samples(
        _array(known.ticks, "<i8", (rows,)).astype(np.int64),
        _array(known.numbers, "<f4", (rows, len(plan.numbers))).astype(np.float32),
        _texts(known.categories, (rows, len(plan.categories))),
        _texts(known.times, (rows,)),
        np.full(rows, -1, np.int64),
        _texts(known.cycles, (rows,)),
    )


def _array(content: bytes, kind: DTypeLike, shape: tuple[int, ...]) -> NDArray[np.generic]:
    if len(content) != np.dtype(kind).itemsize * math.prod(shape):
        raise _damaged(text("a column has another length than its rows"))
    return np.frombuffer(content, kind).reshape(shape)


def _texts(words: list[str], shape: tuple[int, ...]) -> NDArray[np.object_]:
    if len(words) != math.prod(shape):
        raise _damaged(text("a column has another length than its rows"))
    texts = np.empty(len(words), object)
    texts[:] = words
    return texts.reshape(shape)


def _damaged(why: Text) -> WindowsRefused:
    return WindowsRefused(
        text("the kept windows cannot be read"),
        why=why,
        fix=text("begin anew with another file for the state"),
    )
