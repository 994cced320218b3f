"""The way out: a webhook and a mail server that really listen, others mocked where the network begins."""

from __future__ import annotations

import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
import requests

from andamio.errors import SecretMissing
from andamio.language import render_error
from andamio.notification import DeliveryFailed, Message, open_address, redacted
from andamio.notification.apprise_service import AppriseService

from .conftest import Webhook

MESSAGE = Message(
    target="night", key="k-123", title="planta: señal atascada", body="Qué: 71,3 °C", language="es"
)


@pytest.fixture(scope="module")
def service() -> AppriseService:
    return AppriseService(timeout_s=5)


def test_a_webhook_takes_the_message_with_its_key(service: AppriseService, webhook: Webhook) -> None:
    service.deliver(f"json://127.0.0.1:{webhook.port}/alarms", MESSAGE)
    ((headers, body),) = webhook.taken
    assert headers["Idempotency-Key"] == "k-123"
    assert (body["title"], body["message"]) == ("planta: señal atascada", "Qué: 71,3 °C")


def test_a_service_that_refuses_or_is_not_there_is_a_failure(
    service: AppriseService, webhook: Webhook
) -> None:
    webhook.status = 500
    address = f"json://user:s3cret-word@127.0.0.1:{webhook.port}/t0ken-path?x=qu3ry-word"
    for case in (address, "json://user:s3cret-word@127.0.0.1:1/t0ken-path", "nothing-known://s3cret-word"):
        with pytest.raises(DeliveryFailed) as failed:
            service.deliver(case, MESSAGE)
        assert failed.value.reason
        assert "s3cret" not in failed.value.reason
        assert "t0ken" not in failed.value.reason


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of a mail server as one message needs (RFC 5321)."""

    allow_reuse_address = True

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text)
                self.server.mails.append(b"".join(lines))
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    server = Mailbox()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_mail_server_takes_the_message_with_its_key(service: AppriseService, mailbox: Mailbox) -> None:
    port = mailbox.server_address[1]
    service.deliver(f"mailto://127.0.0.1:{port}?from=plant@example.org&to=ana@example.org", MESSAGE)
    (raw,) = mailbox.mails
    mail = message_from_bytes(raw)
    assert str(make_header(decode_header(mail["Subject"]))) == "planta: señal atascada"
    assert str(make_header(decode_header(mail["X-Andamio-Key"]))) == "k-123"
    part = next(p for p in mail.walk() if p.get_content_type() == "text/plain")
    assert "71,3 °C" in part.get_payload(decode=True).decode()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """Every request that would have left this box; each is answered as a happy service does."""
    sent: list[requests.PreparedRequest] = []

    def send(_: Any, request: requests.PreparedRequest, **__: object) -> requests.Response:
        sent.append(request)
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 202, request, request.url
        answer.status_code = 202 if "pagerduty" in str(request.url) else 200
        answer._content = b'{"status": "success", "ok": true, "result": {"message_id": 1}}'
        return answer

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    return sent


def test_pagerduty_gets_the_key_by_which_it_knows_a_repetition(
    service: AppriseService, network: list[requests.PreparedRequest]
) -> None:
    service.deliver("pagerduty://integrationkey0000000000000000@accesskey0000000", MESSAGE)
    (request,) = network
    assert request.url is not None
    assert request.url.startswith("https://events.pagerduty.com/")
    body = json.loads(request.body or "{}")
    assert body["dedup_key"] == "k-123"
    assert body["event_action"] == "trigger"


def test_telegram_gets_the_text(service: AppriseService, network: list[requests.PreparedRequest]) -> None:
    service.deliver("tgram://123456789:AAEabcdefghijklmnopqrstuvwxyz012345/987654321", MESSAGE)
    (request,) = [r for r in network if str(r.url).endswith("/sendMessage")]
    assert "71,3" in json.loads(request.body or "{}")["text"]


def test_nothing_of_an_address_is_logged(service: AppriseService, capsys: pytest.CaptureFixture[str]) -> None:
    logged: list[str] = []

    class Log(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    root, log = logging.getLogger(), Log()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.raises(DeliveryFailed):
            service.deliver("json://user:s3cret-word@127.0.0.1:1/t0ken-path", MESSAGE)
        logging.getLogger("elsewhere").warning("still heard")
    finally:
        root.removeHandler(log)
        root.setLevel(level)
    shown = "".join([*logged, *capsys.readouterr()])
    assert "still heard" in shown
    assert "s3cret" not in shown
    assert "t0ken" not in shown


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "p@ss/word")
    (tmp_path / "whole").write_text("tgram://123:abc/42\n")
    assert open_address(f"file:{tmp_path / 'whole'}") == "tgram://123:abc/42"
    assert open_address("mailto://u:{env:MAIL_PASSWORD}@mail") == "mailto://u:p%40ss%2Fword@mail"
    assert open_address("env:MAIL_PASSWORD") == "p@ss/word"


@pytest.mark.parametrize("written", ["env:NO_SUCH", "json://h/{file:/no/such/file}", "file:/dev/null"])
def test_a_secret_that_is_not_there_is_told_kindly(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    with pytest.raises(SecretMissing) as missing:
        open_address(written)
    assert "secret-missing" in render_error(missing.value)


def test_no_piece_of_a_secret_survives_the_redaction() -> None:
    address = "mailto://bob:p%40ssword@mail.example.org?to=ana"
    assert (
        redacted(f"{address} p@ssword p%40ssword mail.example.org", address) == "*** *** *** mail.example.org"
    )
