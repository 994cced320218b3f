"""The way out through Apprise: Telegram, PagerDuty, e-mail, webhooks and a hundred others by one address.

Only the sender's processes load this: Apprise takes half a second to import.
"""

from __future__ import annotations

import logging
import warnings
from contextvars import ContextVar
from urllib.parse import quote

import apprise

from andamio.notification.addresses import redacted
from andamio.notification.message import DeliveryFailed, Message

# How a service is told the key by which it can know a repetition: a parameter of Apprise's address.
_KEY_PARAMETERS = {
    "json": "+Idempotency-Key",
    "jsons": "+Idempotency-Key",
    "form": "+Idempotency-Key",
    "forms": "+Idempotency-Key",
    "xml": "+Idempotency-Key",
    "xmls": "+Idempotency-Key",
    "mailto": "+X-Andamio-Key",
    "mailtos": "+X-Andamio-Key",
    "pagerduty": "dedup",
}
_LONGEST_REASON = 300
# They write addresses into their logs, tokens and all.
_TALKATIVE = ("apprise", "urllib3", "requests", "oauthlib", "requests_oauthlib")

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)


class AppriseService:
    """Delivers through Apprise. Nothing is kept on the disk, and nothing is asked twice by Apprise itself.

    Args:
        timeout_s: How long to wait for a service, in seconds, for the connection and for the answer.
    """

    def __init__(self, *, timeout_s: float = 10.0) -> None:
        self._timeout_s = timeout_s
        self._asset = apprise.AppriseAsset(
            app_id="Andamio",
            app_desc="Andamio",
            app_url="",
            async_mode=False,
            storage_mode=apprise.PersistentStoreMode.MEMORY,
            secure_logging=True,
        )
        _listen()
        # The first look for a plug-in imports all of them: here, before there are threads, and without the
        # warnings of the packages that they import.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            apprise.Apprise.instantiate("json://localhost", asset=self._asset)

    def deliver(self, address: str, message: Message) -> None:
        """Hand a message over, with its key where the service has a place for one.

        Raises:
            DeliveryFailed: It was not taken, or nobody knows; the reason holds nothing of the address.
        """
        heard: list[str] = []
        token = _heard.set(heard)
        try:
            taken = self._deliver(address, message)
        # A plug-in may raise what it likes; the outbox must hear of it as of any failure.
        except Exception as error:  # noqa: BLE001
            heard.append(f"{type(error).__name__}: {error}")
            taken = False
        finally:
            _heard.reset(token)
        if not taken:
            reason = " ".join(" ".join(heard).split()) or "the service did not take it"
            raise DeliveryFailed(redacted(reason, address)[:_LONGEST_REASON])

    def _deliver(self, address: str, message: Message) -> bool:
        opened = self._with_parameters(address, message.key)
        plugin = apprise.Apprise.instantiate(opened, asset=self._asset, suppress_exceptions=True)
        if plugin is None:
            raise ValueError("Apprise knows no such address")
        return bool(
            plugin.notify(
                title=message.title,
                body=message.body,
                notify_type=apprise.NotifyType.WARNING,
                body_format=apprise.NotifyFormat.TEXT,
            )
        )

    def _with_parameters(self, address: str, key: str) -> str:
        scheme = address.partition("://")[0].lower()
        added = {"cto": f"{self._timeout_s:g}", "rto": f"{self._timeout_s:g}", "retry": "0"}
        if scheme in _KEY_PARAMETERS:
            added[_KEY_PARAMETERS[scheme]] = key
        written = "&".join(f"{quote(name, safe='+')}={quote(value)}" for name, value in added.items())
        return f"{address}{'&' if '?' in address else '?'}{written}"


class _Ear(logging.Handler):
    """Keeps what Apprise says while it delivers; nothing of it is shown as it is, it may hold an address."""

    def emit(self, record: logging.LogRecord) -> None:
        heard = _heard.get()
        if heard is not None and record.levelno >= logging.WARNING:
            heard.append(record.getMessage())


def _listen() -> None:
    """Hear what Apprise says, and let nothing of it nor of the packages below it into any log."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not any(isinstance(handler, _Ear) for handler in logger.handlers):
            logger.addHandler(_Ear())
