"""What is queued is sent, once, whatever fails in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from andamio.errors import Busy, text
from andamio.notification import Message
from andamio.storage.locks import hold

from .conftest import Post


def test_a_message_is_sent_once(post: Post) -> None:
    assert post.queue()
    assert not post.queue()
    assert [post.run(), post.run(60), post.run(600)] == [1, 0, 0]
    assert not post.queue()
    assert [message.body for _, message in post.service.taken] == ["what happened"]


def test_a_message_is_queued_with_what_it_tells_or_not_at_all(post: Post) -> None:
    message = Message(target="night", key="k", title="t", body="b", language="en")

    def interrupted() -> None:
        with post.database.writing() as connection:
            post.outbox.enqueue(message, at=post.at, within=connection)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert post.run() == 0


def test_a_service_that_is_dead_for_hours_loses_nothing(post: Post) -> None:
    post.service.dead = {"json://night/"}
    for n in range(8):
        post.queue(key=f"k{n}", body=f"hour {n}")
        for _ in range(4):
            post.run(15)
    assert post.service.taken == []
    (queue,) = post.outbox.queues()
    assert (queue.waiting, queue.sent, queue.reason) == (8, 0, "nobody answers")
    post.service.dead = set()
    for _ in range(7):
        post.run(10)
    assert sorted(m.body for _, m in post.service.taken) == sorted(f"hour {n}" for n in range(8))


def test_a_dead_service_is_asked_ever_more_rarely(post: Post) -> None:
    post.service.dead = {"json://night/"}
    post.queue()
    for _ in range(48):
        post.run(10)
    assert post.service.asked <= 14


def test_pauses_double_up_to_an_hour(post: Post) -> None:
    post.queue()
    for pause in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        queued = post.outbox.take("night", at=post.at, per_minute=6)
        assert queued is not None
        post.outbox.settle_failed(queued.seq, "dead", at=post.at, give_up=timedelta(days=7))
        post.at += timedelta(seconds=pause - 1)
        assert post.outbox.due_targets(at=post.at) == []
        post.at += timedelta(seconds=1)
        assert post.outbox.due_targets(at=post.at) == ["night"]


def test_one_dead_target_and_one_poisoned_message_hold_up_nobody(post_with: Callable[..., Post]) -> None:
    post = post_with("dead", "alive")
    post.service.dead = {"json://dead/"}
    post.queue("dead", "k1")
    post.queue("alive", "k1", body="poison")
    post.queue("alive", "k2", body="good")
    post.run()
    post.run(1)
    assert [(address, message.key) for address, message in post.service.taken] == [("json://alive/", "k2")]
    assert {queue.target: queue.waiting for queue in post.outbox.queues()} == {"alive": 1, "dead": 1}


def test_a_message_is_given_up_at_last_and_that_is_told(post_with: Callable[..., Post]) -> None:
    post = post_with("night", give_up_days=1)
    post.queue(body="poison")
    for _ in range(14):
        post.run(120)
    (queue,) = post.outbox.queues()
    assert (queue.waiting, queue.given_up) == (0, 1)


def test_no_more_are_sent_in_a_minute_than_the_settings_allow(post_with: Callable[..., Post]) -> None:
    post = post_with("night", per_minute=3)
    for n in range(7):
        post.queue(key=f"k{n}")
    assert [post.run(), post.run(0.5), post.run(0.6), post.run(1.1)] == [3, 0, 3, 1]


def test_a_send_that_was_cut_off_goes_out_again_under_its_key_and_says_so(post: Post) -> None:
    post.queue()
    post.outbox.take("night", at=post.at, per_minute=6)  # and here the process is killed
    assert post.run() == 1
    ((_, message),) = post.service.taken
    assert (message.key, message.again) == ("k1", True)
    assert "may have been sent before" in message.body


def test_a_failure_that_was_noted_is_no_repetition(post: Post) -> None:
    post.service.dead = {"json://night/"}
    post.queue()
    post.run()
    post.service.dead = set()
    post.run(60)
    assert [message.again for _, message in post.service.taken] == [False]


def test_a_clock_that_jumps_back_delays_no_message_and_repeats_none(post: Post) -> None:
    post.service.dead = {"json://night/"}
    post.queue()
    post.run()
    post.service.dead = set()
    post.at -= timedelta(days=400)
    assert [post.run(), post.run(1), post.run(1)] == [0, 1, 0]
    post.at += timedelta(days=800)
    assert post.run() == 0


def test_two_senders_do_not_send_the_same(post: Post) -> None:
    post.queue()
    with hold(post.folder / "notification.lock", text("the outbox")), pytest.raises(Busy):
        post.run()
    assert post.run() == 1


def test_a_target_that_the_settings_no_longer_name_keeps_its_messages(
    post_with: Callable[..., Post],
) -> None:
    post_with("gone").queue("gone")
    post = post_with("night")
    assert post.sender.run_once().unnamed == ("gone",)
    assert post_with("gone").run() == 1


def test_a_secret_that_is_missing_is_a_failure_of_that_target_alone(
    post_with: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    targets = [{"name": "a", "address": "env:NO_SUCH_SECRET"}, {"name": "b", "address": "json://b/"}]
    post = post_with(target=targets)
    post.queue("a")
    post.queue("b")
    done = post.sender.run_once()
    assert done.sent == 1
    assert [(failure.target, "NO_SUCH_SECRET" in failure.reason) for failure in done.failures] == [
        ("a", True)
    ]
    monkeypatch.setenv("NO_SUCH_SECRET", "json://a/")
    assert post.run(60) == 1
