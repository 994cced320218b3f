"""A real scoring process behind tokens and TLS, changed while it answers."""

from __future__ import annotations

import datetime as dt
import http.client
import ipaddress
import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from andamio.access import TokenStore

pytestmark = pytest.mark.live
PREDICT = "/v1/models/pump-health/predict"


def store_of(plant: Any) -> TokenStore:
    return TokenStore(plant.root / ".andamio" / "tokens.json")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_tokens_come_change_and_go_without_a_restart(
    plant: Any, serve: Any, until: Callable[..., Any]
) -> None:
    plant.deploy(plant.build(1))
    store = store_of(plant)

    def status(**headers: str) -> int:
        answered: int = running.ask(PREDICT, {"row": plant.row}, **headers).status
        return answered

    with serve(plant) as running:
        assert status() == 200
        secret = store.create("line-3", actions=("predict",), models=("pump-health",))[1]
        until(lambda: status() == 401)
        assert status(**bearer(secret)) == 200
        newer = store.rotate("line-3")[1]
        until(lambda: status(**bearer(newer)) == 200)
        assert status(**bearer(secret)) == 401
        (plant.root / ".andamio" / "tokens.json").write_text("{")
        until(lambda: "in force" in (plant.root / "serve.log").read_text())
        assert status() == 401
        assert status(**bearer(newer)) == 200
        (plant.root / ".andamio" / "tokens.json").unlink()
        until(lambda: "is gone" in (plant.root / "serve.log").read_text())
        assert status() == 401
        store.create("new", actions=("predict",), models=("*",))
        until(lambda: status(**bearer(newer)) == 401)
        store.revoke("new")
        assert status() == 401
        assert running.ask("/livez").status == 200
        assert running.stop() == 0
    log = (plant.root / "serve.log").read_text()
    assert secret not in log
    assert newer not in log


def test_another_address_is_refused_without_tokens_and_opened_with_them(plant: Any, serve: Any) -> None:
    with serve(plant, "--host", "0.0.0.0", ready=False) as running:
        said = json.load(running.process.stdout)
        assert running.process.wait(30) == 2
    assert said["error"]["code"] == "address-refused"
    assert "andamio token create" in said["error"]["try"]
    plant.deploy(plant.build(1))
    secret = store_of(plant).create("line-3", actions=("predict",), models=("*",))[1]
    with serve(plant, "--host", "0.0.0.0") as running:
        named = {"Host": "plant-server:8081"}
        assert running.ask(PREDICT, {"row": plant.row}, **named).status == 401
        assert running.ask(PREDICT, {"row": plant.row}, **named, **bearer(secret)).status == 200


def test_insecure_opens_another_address_and_the_log_says_what_that_means(plant: Any, serve: Any) -> None:
    plant.deploy(plant.build(1))
    with serve(plant, "--host", "0.0.0.0", "--insecure") as running:
        assert running.predict(plant.row).status == 200
    assert "certificate" in (plant.root / "serve.log").read_text()


def test_a_damaged_file_of_tokens_stops_the_start(plant: Any, serve: Any) -> None:
    (plant.root / ".andamio" / "tokens.json").write_text("{}x")
    with serve(plant, ready=False) as running:
        said = json.load(running.process.stdout)
        assert running.process.wait(30) == 3
    assert said["error"]["code"] == "access-file-damaged"


def write_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=30))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    files = folder / "plant.crt", folder / "plant.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def ask_encrypted(port: int, certificate: Path, row: Any) -> int:
    context = ssl.create_default_context(cafile=str(certificate))
    wire = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context)
    try:
        wire.request("POST", PREDICT, json.dumps({"row": row}), {"Content-Type": "application/json"})
        return wire.getresponse().status
    finally:
        wire.close()


def name_certificate(plant: Any) -> None:
    with (plant.root / "andamio.toml").open("a") as settings:
        settings.write('\n[serving]\ncertificate = "plant.crt"\nprivate_key = "plant.key"\n')


def test_tls_by_certificate_files_that_may_be_renewed_while_it_answers(
    plant: Any, serve: Any, until: Callable[..., Any], tmp_path: Path
) -> None:
    plant.deploy(plant.build(1))
    write_certificate(plant.root, "first")
    kept = tmp_path / "first.crt"
    kept.write_bytes((plant.root / "plant.crt").read_bytes())
    name_certificate(plant)
    with serve(plant) as running:
        assert plant.report().address.startswith("https://127.0.0.1:")
        assert ask_encrypted(running.port, kept, plant.row) == 200
        with pytest.raises((OSError, http.client.HTTPException)):
            running.predict(plant.row)
        write_certificate(plant.root, "second")

        def renewed() -> bool:
            try:
                return ask_encrypted(running.port, plant.root / "plant.crt", plant.row) == 200
            except ssl.SSLError:
                return False

        until(renewed)
        with pytest.raises(ssl.SSLCertVerificationError):
            ask_encrypted(running.port, kept, plant.row)


@pytest.mark.parametrize("spoil", ["key", "absent", "half"])
def test_a_certificate_that_does_not_hold_stops_the_start_kindly(plant: Any, serve: Any, spoil: str) -> None:
    certificate, key = write_certificate(plant.root, "first")
    name_certificate(plant)
    if spoil == "key":
        other = plant.root / "other"
        other.mkdir()
        key.write_bytes(write_certificate(other, "x")[1].read_bytes())
    elif spoil == "absent":
        certificate.unlink()
    else:
        settings = plant.root / "andamio.toml"
        settings.write_text(settings.read_text().replace('private_key = "plant.key"\n', ""))
    with serve(plant, ready=False) as running:
        said = json.load(running.process.stdout)
        assert running.process.wait(30) == 3
    assert said["error"]["code"] == ("settings-invalid" if spoil == "half" else "certificate-refused")


def test_every_answer_carries_its_request_id_and_the_log_has_a_line_only_when_asked(
    plant: Any, serve: Any
) -> None:
    plant.deploy(plant.build(1))
    for level, lines in (("info", 0), ("debug", 3)):
        settings = plant.root / "andamio.toml"
        kept = settings.read_text().partition("\n[logs]")[0]
        settings.write_text(f'{kept}\n[logs]\nformat = "ecs"\nlevel = "{level}"\n')
        (plant.root / "serve.log").unlink(missing_ok=True)
        with serve(plant) as running:
            asked = {"X-Request-Id": "order-66"}
            answers = [
                running.ask(PREDICT, {"row": plant.row}, **asked),
                running.ask(PREDICT, {"row": {}}, **asked),
                running.ask("/v1/models", **asked),
            ]
            assert [answer.status for answer in answers] == [200, 422, 200]
            assert {answer.headers["x-request-id"] for answer in answers} == {"order-66"}
            made = {running.predict(plant.row).headers["x-request-id"] for _ in range(3)}
            assert len(made) == 3
            assert running.stop() == 0
        log = [json.loads(line) for line in (plant.root / "serve.log").read_text().splitlines()]
        assert sum(line.get("http.request.id") == "order-66" for line in log) == lines
