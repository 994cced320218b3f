"""Frames prove themselves: whatever happens to the bytes, what is read was written, and the rest is told."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andamio.journal.frames import HEADER_SIZE, MARK, Broken, Whole, created_ms, frame, header, read_frames

PAYLOADS = st.lists(st.binary(max_size=60) | st.just(MARK * 3), min_size=1, max_size=8)


def read(content: bytes, start: int = 0) -> list[Whole | Broken]:
    return list(read_frames(io.BytesIO(content), start))


@settings(deadline=None)
@given(PAYLOADS)
def test_what_was_framed_is_read(payloads):
    found = read(b"".join(frame(payload) for payload in payloads))
    assert [item.payload for item in found] == payloads
    assert [item.start for item in found[1:]] == [item.end for item in found[:-1]]


@settings(deadline=None)
@given(PAYLOADS, st.data())
def test_a_cut_at_any_byte_keeps_every_whole_frame_before_it(payloads, data):
    content = b"".join(frame(payload) for payload in payloads)
    cut = data.draw(st.integers(0, len(content)))
    found = read(content[:cut])
    whole = [item for item in found if isinstance(item, Whole)]
    assert [item.payload for item in whole] == payloads[: len(whole)]
    ends = [item.end for item in read(content)]
    assert len(whole) == sum(end <= cut for end in ends)
    broken = [item for item in found if isinstance(item, Broken)]
    assert all(item.tail and item.end == cut for item in broken)
    assert bool(broken) == (cut not in {0, *ends})


@settings(deadline=None)
@given(PAYLOADS, st.data())
def test_changed_bytes_lose_only_their_own_frames_and_are_located(payloads, data):
    content = bytearray(b"".join(frame(payload) for payload in payloads))
    frames = read(bytes(content))
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    hit = next(i for i, item in enumerate(frames) if item.start <= position < item.end)
    found = read(bytes(content))
    whole = [item.payload for item in found if isinstance(item, Whole)]
    assert whole == payloads[:hit] + payloads[hit + 1 :]
    (broken,) = (item for item in found if isinstance(item, Broken))
    assert (broken.start, broken.end) == (frames[hit].start, frames[hit].end)
    assert broken.tail == (hit == len(frames) - 1)


@settings(deadline=None)
@given(PAYLOADS, st.binary(min_size=1, max_size=100))
def test_rubbish_at_the_end_is_a_broken_tail(payloads, rubbish):
    content = b"".join(frame(payload) for payload in payloads)
    found = read(content + rubbish)
    assert [item.payload for item in found[: len(payloads)]] == payloads
    assert found[len(payloads) :] == [Broken(len(content), len(content) + len(rubbish), tail=True)]


def test_zeros_that_a_power_cut_left_are_a_broken_tail():
    content = frame(b"record")
    assert read(content + bytes(5000))[1:] == [Broken(len(content), len(content) + 5000, tail=True)]


def test_a_length_that_cannot_be_is_not_believed():
    lie = bytearray(frame(b"record"))
    lie[4:8] = b"\xff\xff\xff\xff"
    found = read(bytes(lie) + frame(b"next"))
    assert [type(item) for item in found] == [Broken, Whole]


def test_a_record_larger_than_a_reader_believes_is_not_written():
    with pytest.raises(ValueError, match="write it in several"):
        frame(bytes(64 * 1024 * 1024))


@settings(deadline=None)
@given(st.integers(0, 2**63), st.integers(0, HEADER_SIZE - 1), st.integers(1, 255))
def test_a_header_tells_its_moment_or_nothing(created, position, change):
    whole = header(created)
    assert created_ms(whole + b"more") == created
    assert created_ms(whole[:position]) is None
    damaged = bytearray(whole)
    damaged[position] ^= change
    assert created_ms(bytes(damaged)) is None


class Changing(io.BytesIO):
    """A file that its writer changes while the reader is at work: just before the second look at it."""

    def __init__(self, first: bytes, then: bytes) -> None:
        super().__init__(first)
        self._then: bytes | None = then

    def seek(self, offset: int, whence: int = 0) -> int:
        if self.tell() and self._then is not None:
            then, self._then = self._then, None
            super().seek(0)
            self.truncate()
            self.write(then)
        return super().seek(offset, whence)


FIRST, SECOND, THIRD = frame(b"first"), frame(b"second"), frame(b"third")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FIRST + SECOND[:5], FIRST + SECOND + THIRD),
        (FIRST + SECOND[:15], FIRST + SECOND + THIRD),
        (FIRST + frame(b"torn and taken back")[:-1], FIRST + SECOND + THIRD),
        (FIRST + frame(b"torn and taken back")[:20], FIRST),
        (FIRST + bytes(30), FIRST),
    ],
)
def test_what_the_writer_finished_or_took_back_meanwhile_is_not_called_damaged(before, after):
    found = list(read_frames(Changing(before, after), 0))
    assert found == read(after)


def test_large_records_are_read_over_several_blocks():
    payloads = [bytes([i]) * 700_000 for i in range(8)] + [b"x" * 5_000_000, b"end"]
    found = read(b"".join(frame(payload) for payload in payloads))
    assert [item.payload for item in found] == payloads
