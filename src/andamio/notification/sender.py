"""Take what is due out of the outbox to the services, each target by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from andamio.errors import SecretMissing, text
from andamio.kernel import clock
from andamio.kernel.alarm_settings import NotificationSection, TargetSection
from andamio.language import say
from andamio.language.speech import speak
from andamio.notification.addresses import open_address
from andamio.notification.message import DeliveryFailed, Message, Service
from andamio.notification.outbox import Outbox
from andamio.storage.locks import hold

_MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that a target did not take this time."""

    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over the outbox did."""

    sent: int
    failures: tuple[Failure, ...]
    unnamed: tuple[str, ...]


class Sender:
    """Empties the outbox, as far as the services let it.

    Killed between a service's taking a message and the note of it, the message goes out again at the next
    pass, under the same key: PagerDuty and a webhook that heeds ``Idempotency-Key`` take it once, a chat or
    a mailbox may show it twice, the second time saying that it may be a repetition.

    Args:
        outbox: The queue.
        settings: ``[notification]``: the targets and their limits.
        service: The way out.
        lock: A file that keeps two senders of one plant apart.
        time: The clock.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: NotificationSection,
        service: Service,
        *,
        lock: Path,
        time: Callable[[], datetime] = clock.now,
    ) -> None:
        self._outbox = outbox
        self._settings = settings
        self._service = service
        self._lock = lock
        self._time = time

    def run_once(self) -> Pass:
        """Send what is due and return; the first failure of a target ends its turn, and no other's.

        Raises:
            Busy: Another process is sending.
        """
        with hold(self._lock, text("the outbox of notifications")):
            targets = {target.name: target for target in self._settings.target}
            due = self._outbox.due_targets(at=self._time())
            named = [targets[name] for name in due if name in targets]
            with ThreadPoolExecutor(max_workers=min(len(named), _MOST_AT_ONCE) or 1) as pool:
                outcomes = list(pool.map(self._empty, named))
        return Pass(
            sent=sum(sent for sent, _ in outcomes),
            failures=tuple(failure for _, failure in outcomes if failure is not None),
            unnamed=tuple(name for name in due if name not in targets),
        )

    def _empty(self, target: TargetSection) -> tuple[int, Failure | None]:
        sent = 0
        while True:
            at = self._time()
            queued = self._outbox.take(target.name, at=at, per_minute=self._settings.per_minute)
            if queued is None:
                return sent, None
            try:
                self._service.deliver(open_address(target.address), _marked(queued.message))
            except (DeliveryFailed, SecretMissing) as error:
                reason = error.reason if isinstance(error, DeliveryFailed) else str(error.what)
                give_up = timedelta(days=self._settings.give_up_days)
                self._outbox.settle_failed(queued.seq, reason, at=self._time(), give_up=give_up)
                return sent, Failure(target.name, reason)
            self._outbox.settle_sent(queued.seq, at=self._time())
            sent += 1


def targets_named(settings: NotificationSection, names: Sequence[str]) -> list[TargetSection]:
    """Return the targets of these names, all of them where none is named."""
    return [target for target in settings.target if not names or target.name in names]


def _marked(message: Message) -> Message:
    if not message.again:
        return message
    with speak(message.language):
        note = say("(This may have been sent before: the last attempt was cut off.)")
    return Message(
        target=message.target,
        key=message.key,
        title=message.title,
        body=f"{message.body}\n\n{note}",
        language=message.language,
        again=True,
    )
