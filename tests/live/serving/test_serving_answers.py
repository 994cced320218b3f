"""What a client sees of a real scoring process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from andamio.journal import PredictionRecord, RejectRecord, TruthRecord, join_truth, read_journal

pytestmark = pytest.mark.live
PREDICT = "/v1/models/pump-health/predict"
FEEDBACK = "/v1/models/pump-health/feedback"


def test_one_row_is_answered_with_all_that_a_plant_needs_to_know(served: Any) -> None:
    plant, running = served
    answer = running.predict(plant.row)
    assert answer.status == 200
    assert set(answer.json) == {"model", "version", "predictions"}
    assert (answer.json["model"], answer.json["version"]) == ("pump-health", 3)
    [prediction] = answer.json["predictions"]
    assert prediction["probability"] == pytest.approx(plant.chance(3), abs=1e-6)
    assert (prediction["label"], prediction["decision"]) == ("failure", True)
    assert (prediction["flags"], prediction["recorded"]) == ([], True)


def test_many_rows_keep_their_order_and_say_what_policies_did(served: Any) -> None:
    plant, running = served
    rows = [
        plant.row,
        {**plant.row, "ambient_temp": None},
        {**plant.row, "ambient_temp": 99.0, "product": "new"},
        {**plant.row, "bearing_temp": 0.0, "ambient_temp": 60.0},
    ]
    predictions = running.predict(*rows).json["predictions"]
    assert [p["label"] for p in predictions] == ["failure", "failure", "fine", "fine"]
    assert predictions[1]["flags"] == ["ambient_temp:imputed"]
    assert sorted(predictions[2]["flags"]) == ["ambient_temp:clipped", "product:other"]
    assert predictions[0]["probability"] == predictions[1]["probability"]
    assert len({p["id"] for p in predictions}) == 4


def test_a_body_too_long_for_the_event_loop_gets_the_same_answers(served: Any) -> None:
    plant, running = served
    rows = [{**plant.row, "bearing_temp": float(i % 180)} for i in range(2000)]
    many = running.predict(*rows).json["predictions"]
    few = running.predict(*rows[:3]).json["predictions"]
    assert [p["probability"] for p in many[:3]] == [p["probability"] for p in few]
    assert len(many) == 2000


def test_a_unit_other_than_the_contracts_is_converted(served: Any) -> None:
    plant, running = served
    body = {"rows": [{**plant.row, "bearing_temp": 176.0}], "units": {"bearing_temp": "degF"}}
    [prediction] = running.ask(PREDICT, body).json["predictions"]
    assert prediction["probability"] == pytest.approx(plant.chance(3), abs=1e-6)


def test_all_the_faults_of_all_the_rows_come_at_once_and_are_journalled(served: Any) -> None:
    plant, running = served
    rows = [{**plant.row, "bearing_temp": 214}, {"ambient_temp": 20, "prodct": "L"}]
    answer = running.ask(PREDICT, {"rows": rows})
    error = answer.json["error"]
    assert (answer.status, error["code"]) == (422, "rows-rejected")
    found = {(fault["data"]["row"], fault["data"]["tag"], fault["code"]) for fault in error["faults"]}
    assert found == {
        (0, "bearing_temp", "contract-range"),
        (1, "bearing_temp", "contract-missing"),
        (1, "product", "contract-missing"),
        (1, "prodct", "contract-extra"),
    }
    assert "pump-health@3" in error["faults"][0]["where"]
    last = [record for record in read_journal(plant.journal) if isinstance(record, RejectRecord)][-1]
    assert (last.rows, {(f.row, f.tag, f.code) for f in last.faults}) == (2, found)


def test_errors_come_in_spanish_to_who_asks_in_spanish(served: Any) -> None:
    _, running = served
    answer = running.ask("/v1/models/pump-heath/predict", {"row": {}}, Accept_Language="es-CO, en;q=0.1")
    assert answer.headers["content-language"] == "es"
    assert answer.json["error"]["try"] == "¿quiso decir pump-health?"


def test_every_answered_prediction_is_in_the_journal_with_what_it_read_and_said(served: Any) -> None:
    plant, running = served
    row = {**plant.row, "asset": "pump-07", "time": "2026-11-05T08:30:00-05:00"}
    [prediction] = running.predict(row).json["predictions"]
    records = [record for record in read_journal(plant.journal) if isinstance(record, PredictionRecord)]
    [kept] = [p for record in records for p in record.predictions() if p.id == prediction["id"]]
    assert (kept.model, kept.version, kept.asset) == ("pump-health", 3, "pump-07")
    assert kept.event_time == "2026-11-05T08:30:00-05:00"
    assert (kept.numbers.tolist(), kept.categories) == ([80.0, 20.0], ("L",))
    assert kept.probabilities is not None
    assert kept.probabilities[1] == prediction["probability"]
    assert kept.record.digest == running.ask("/v1/models").json["models"][0]["digest"]


def test_the_truth_comes_back_by_id_and_by_asset_and_time(served: Any) -> None:
    plant, running = served
    first, second = running.predict(
        plant.row, {**plant.row, "asset": "pump-11", "time": "2026-11-05T08:31:00-05:00"}
    ).json["predictions"]
    answer = running.ask(FEEDBACK, {"id": first["id"], "value": "failure"})
    assert (answer.status, answer.json) == (200, {"model": "pump-health", "recorded": 1})
    truths = [{"asset": "pump-11", "time": "2026-11-05T13:31:00Z", "value": False}]
    assert running.ask(FEEDBACK, {"feedback": truths}).json["recorded"] == 1
    journal = list(read_journal(plant.journal))
    predictions = [
        p for record in journal if isinstance(record, PredictionRecord) for p in record.predictions()
    ]
    judged = join_truth(predictions, [r for r in journal if isinstance(r, TruthRecord)]).judged
    known = {pair.prediction.id: pair.truth.value for pair in judged}
    assert (known[first["id"]], known[second["id"]]) == ("failure", "fine")


def test_a_truth_that_does_not_hold_is_refused_with_all_its_faults_and_nothing_is_recorded(
    served: Any,
) -> None:
    plant, running = served
    before = sum(isinstance(record, TruthRecord) for record in read_journal(plant.journal))
    truths = [
        {"id": "a", "value": "failure"},
        {"id": "b", "value": "failur"},
        {"value": "fine"},
        {"asset": "pump-1", "time": "yesterday", "value": "fine"},
        {"id": "c", "asset": "pump-1", "value": "fine"},
        {"id": "d"},
    ]
    answer = running.ask(FEEDBACK, {"feedback": truths})
    assert (answer.status, answer.json["error"]["code"]) == (422, "feedback-rejected")
    faults = answer.json["error"]["faults"]
    assert [fault["where"].split()[-1] for fault in faults] == ["1", "2", "3", "4", "5"]
    assert faults[0]["try"] == "did you mean failure?"
    assert sum(isinstance(record, TruthRecord) for record in read_journal(plant.journal)) == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"rows": 5}', b"null"])
@pytest.mark.parametrize("path", [PREDICT, FEEDBACK])
def test_a_body_that_is_not_of_the_form_is_refused_and_the_process_lives(
    served: Any, path: str, body: bytes
) -> None:
    _, running = served
    answer = running.ask(path, body)
    assert answer.status in {400, 422}
    assert answer.json["error"]["what"]
    assert running.ask("/livez").status == 200


def test_a_body_sent_in_chunks_is_answered(served: Any) -> None:
    plant, running = served
    body = json.dumps({"row": plant.row}).encode()
    parts = [body[:7], body[7:30], body[30:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as wire:
        wire.sendall(head.encode() + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=["negative length", "two lengths", "endless length", "no HTTP", "no version"],
)
def test_a_broken_head_ends_its_connection_and_nothing_else(served: Any, head: bytes) -> None:
    _, running = served
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as wire:
        wire.sendall(head % PREDICT.encode() if b"%s" in head else head)
        wire.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.split(b"\r\n")[0].split(b" ")[1][:1] == b"4"
    assert running.ask("/livez").status == 200


def test_prometheus_can_read_the_metrics(served: Any) -> None:
    plant, running = served
    running.predict(plant.row)
    text = running.ask("/metrics").content.decode()
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["andamio_predictions_total"] >= 1
    assert samples["andamio_predict_seconds_count"] >= 1
    assert samples["andamio_deployment_generation"] == 1


def test_the_models_say_what_they_read(served: Any) -> None:
    plant, running = served
    [model] = running.ask("/v1/models").json["models"]
    assert (model["name"], model["version"]) == ("pump-health", 3)
    assert model["inputs"] == ["bearing_temp", "ambient_temp", "product"]
    described = running.ask("/v1/models/pump-health").json
    assert described["classes"] == ["fine", "failure"]
    jsonschema.validate({"row": plant.row}, described["schema"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"row": {**plant.row, "bearing_temp": 214}}, described["schema"])
    assert running.ask("/readyz").json == {"ready": True, "generation": 1, "models": {"pump-health": 3}}


def test_the_scoring_process_loads_nothing_of_the_control_side(served: Any) -> None:
    plant, _ = served
    code = """
import json, os, signal, sys, threading, urllib.request
from andamio.serving import process
from andamio.cli import serve as command
from andamio.cli.output import Output

def ask(address):
    body = json.dumps({"row": {"bearing_temp": 80, "product": "L"}}).encode()
    json_type = {"Content-Type": "application/json"}
    request = urllib.request.Request(address + "/v1/models/pump-health/predict", body, json_type)
    assert json.load(urllib.request.urlopen(request))["predictions"]
    for path in ("/metrics", "/v1/models", "/v1/models/pump-health", "/readyz"):
        urllib.request.urlopen(address + path).read()
    os.kill(os.getpid(), signal.SIGTERM)

serve = command.serve
def announce_and_ask(options, announce):
    serve(options, lambda at: (announce(at), threading.Thread(target=ask, args=(at.address,)).start()))
command.serve = announce_and_ask
command.command(host="", port=0, json=True)
print("LOADED", json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": "/usr/bin:/bin", "ANDAMIO_PLANT": str(plant.root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout.rpartition("LOADED ")[2])
    rooms = {name.split(".")[1] for name in loaded if name.startswith("andamio.")}
    allowed = {"access", "bundles", "cli", "contracts", "errors"}
    allowed |= {
        "connectors",
        "explanations",
        "journal",
        "kernel",
        "language",
        "serving",
        "statistics",
        "storage",
    }
    assert rooms <= allowed
    # scipy is not among them: Pint takes it when it is there, and the base install has none.
    foreign = {
        "alembic",
        "deltalake",
        "lightgbm",
        "matplotlib",
        "onnx",
        "pandas",
        "polars",
        "sklearn",
        "spox",
    }
    foreign |= {"fastapi", "sqlalchemy", "starlette"}
    assert foreign.isdisjoint(name.split(".")[0] for name in loaded)
    assert "andamio.storage.database" not in loaded
