"""The test message of ``andamio alarms test-notification``; only it loads Apprise."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.errors import SecretMissing
from andamio.kernel.alarm_settings import TargetSection
from andamio.kernel.ids import IdMaker
from andamio.kernel.settings import Settings
from andamio.language import say
from andamio.language.speech import speak
from andamio.notification import DeliveryFailed, Message, open_address
from andamio.notification.apprise_service import AppriseService


def send_test(settings: Settings, targets: Sequence[TargetSection]) -> dict[str, str]:
    """Send a test message to each target and return why it failed, by target, where it did."""
    service = AppriseService(timeout_s=settings.notification.timeout_s)
    failures: dict[str, str] = {}
    for target in targets:
        language = target.language or settings.plant.language
        with speak(language):
            message = Message(
                target=target.name,
                key=f"test-{IdMaker().take(1)[0]}",
                title=say("{plant}: a test, no alarm", plant=settings.plant.name),
                body=say("This is a test of Andamio's notifications. Nobody need do anything."),
                language=language,
            )
        try:
            service.deliver(open_address(target.address), message)
        except DeliveryFailed as error:
            failures[target.name] = error.reason
        except SecretMissing as error:
            failures[target.name] = say(error.what)
    return failures
