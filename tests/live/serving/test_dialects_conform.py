"""One scorer behind every dialect: the same rows give the same records, the same bad rows the same faults."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from andamio.bundles import BundleParts, GraphInfo, build_bundle
from andamio.bundles.deployment import Served
from andamio.contracts import parse_contract
from andamio.features import Classifier, FeaturePlan, Logistic, append_model, export_linear, feature_graph
from andamio.journal import PredictionRecord, RejectRecord, read_journal

pytestmark = pytest.mark.live

CONTRACT = """
[model]
kind = "classification"
data = "pumps"
target = "state"
positive = "failure"
time = "timestamp"
asset = "pump"

[input.product]
type = "category"
values = ["H", "L", "M"]

[input.bearing_temp]
column = "Bearing temperature [degC]"
type = "number"
unit = "degC"
range = [0, 180]

[input.running]
type = "boolean"

[input.ambient_temp]
type = "number"
unit = "degC"
range = [-10, 60]
out_of_range = "clip"
missing = "impute"

[input.site]
type = "category"
values = ["north", "south"]
unknown = "other"
missing = "impute"

[input.cycles]
type = "integer"
range = [0, 100000]

[output.failure]
threshold = 0.5
"""
TAGS = ("product", "bearing_temp", "running", "ambient_temp", "site", "cycles")
WORDS = ("product", "site", "asset", "time")


def row(product: Any, bearing: Any, running: Any, ambient: Any, site: Any, cycles: Any) -> dict[str, Any]:
    values = dict(zip(TAGS, (product, bearing, running, ambient, site, cycles), strict=True))
    return values | {"asset": "pump-07", "time": "2026-11-05T08:30:00-05:00"}


GOOD = [
    row("L", 80.5, True, 20.25, "north", 12),
    row("H", 179.9, False, None, "moon, far side", 0),
    row("M", 0.1, True, 99.0, None, 99999),
]
BAD = [
    row("L", 80.5, 1, 20.25, "north", 12.0),
    row("L", 214.0, 0, 20.25, "north", 12.0),
    row("Z", 80.5, 2, 20.25, "south", 12.5),
    row("H", None, 0, 1e39, "north", -1.0),
]

Sent = tuple[str, bytes, dict[str, str]]
JSON = {"Content-Type": "application/json"}
PREDICT = "/v1/models/pump-health/predict"


def as_json(path: str, body: Any) -> Sent:
    return path, json.dumps(body).encode(), JSON


def native(rows: list[dict[str, Any]]) -> Sent:
    return as_json(PREDICT, {"rows": rows})


def written_csv(rows: list[dict[str, Any]], names: dict[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([names.get(name, name) for name in rows[0]])
    writer.writerows([[str(v).lower() if isinstance(v, bool) else v for v in r.values()] for r in rows])
    return out.getvalue().encode()


def native_csv(rows: list[dict[str, Any]]) -> Sent:
    return PREDICT, written_csv(rows, {}), {"Content-Type": "text/csv; charset=utf-8"}


def csv_by_column(rows: list[dict[str, Any]]) -> Sent:
    names = {"bearing_temp": "Bearing temperature [degC]", "ambient_temp": "ambient_temp [degC]"}
    names |= {"asset": "pump", "time": "timestamp"}
    return PREDICT, b"\xef\xbb\xbf" + written_csv(rows, names), {"Content-Type": "text/csv"}


def written_arrow(rows: list[dict[str, Any]], level: pl.CompatLevel, **types: Any) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows, schema_overrides=types).write_ipc_stream(out, compat_level=level)
    return out.getvalue()


ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}


def arrow(rows: list[dict[str, Any]]) -> Sent:
    return PREDICT, written_arrow(rows, pl.CompatLevel.newest()), ARROW


def arrow_with_dictionaries(rows: list[dict[str, Any]]) -> Sent:
    words = dict.fromkeys(WORDS, pl.Categorical)
    return PREDICT, written_arrow(rows, pl.CompatLevel.oldest(), **words), ARROW


def split(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"columns": list(rows[0]), "data": [list(r.values()) for r in rows]}


def mlflow_split(rows: list[dict[str, Any]]) -> Sent:
    return as_json(
        "/invocations", {"dataframe_split": split(rows) | {"index": [0, 1, 2]}, "params": {"x": 1}}
    )


def mlflow_records(rows: list[dict[str, Any]]) -> Sent:
    return as_json("/invocations", {"dataframe_records": rows})


def mlflow_records_by_column(rows: list[dict[str, Any]]) -> Sent:
    renamed = [
        {"Bearing temperature [degC]" if k == "bearing_temp" else k: v for k, v in r.items()} for r in rows
    ]
    return as_json("/invocations", {"dataframe_records": renamed})


def mlflow_instances(rows: list[dict[str, Any]]) -> Sent:
    return as_json("/invocations", {"instances": rows})


def mlflow_inputs(rows: list[dict[str, Any]]) -> Sent:
    return as_json("/invocations", {"inputs": {name: [[r[name]] for r in rows] for name in rows[0]}})


def mlflow_csv(rows: list[dict[str, Any]]) -> Sent:
    return "/invocations", written_csv(rows, {}), {"Content-Type": "text/csv"}


def kserve(rows: list[dict[str, Any]]) -> Sent:
    return as_json("/v1/models/pump-health:predict", {"instances": rows})


INFER = "/v2/models/pump-health/infer"


def datatype(name: str, cells: list[Any]) -> str:
    if name in WORDS:
        return "BYTES"
    return "BOOL" if all(isinstance(cell, bool) for cell in cells) else "FP64"


def tensors(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for name in rows[0]:
        cells = [r[name] for r in rows]
        yield {"name": name, "shape": [len(rows), 1], "datatype": datatype(name, cells)}, cells


def inference(rows: list[dict[str, Any]]) -> Sent:
    inputs = [tensor | {"data": cells} for tensor, cells in tensors(rows)]
    return as_json(INFER, {"id": "42", "inputs": inputs})


def inference_nested(rows: list[dict[str, Any]]) -> Sent:
    inputs = [tensor | {"data": [[cell] for cell in cells]} for tensor, cells in tensors(rows)]
    return as_json(
        "/v2/models/pump-health/versions/3/infer", {"inputs": inputs, "parameters": {"priority": 1}}
    )


def inference_binary(rows: list[dict[str, Any]]) -> Sent:
    inputs, tail = [], b""
    for tensor, cells in tensors(rows):
        if tensor["datatype"] == "BYTES":
            texts = [(cell or "").encode() for cell in cells]
            content = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        elif tensor["datatype"] == "BOOL":
            content = bytes(cells)
        else:
            content = np.array(cells, np.float64).tobytes()
        inputs.append(tensor | {"parameters": {"binary_data_size": len(content)}})
        tail += content
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    return (
        INFER,
        head + tail,
        {
            "Content-Type": "application/octet-stream",
            "Inference-Header-Content-Length": str(len(head)),
        },
    )


DIALECTS = (
    native_csv, csv_by_column, arrow, arrow_with_dictionaries, mlflow_split, mlflow_records,
    mlflow_records_by_column, mlflow_instances, mlflow_inputs, mlflow_csv, kserve, inference,
    inference_nested, inference_binary,
)  # fmt: skip


@dataclass
class Process:
    """The scoring process that the whole file asks, and its journal."""

    plant: Any
    running: Any

    def ask(self, sent: Sent, **headers: str) -> Any:
        path, body, kinds = sent
        return self.running.ask(path, body, **(kinds | headers))

    def last(self, kind: type[Any]) -> Any:
        return [record for record in read_journal(self.plant.journal) if isinstance(record, kind)][-1]


def build(plant: Any) -> Served:
    contract = parse_contract(CONTRACT, name="pump-health", file="models/pump-health.toml")
    features = feature_graph(FeaturePlan(contract, imputed={"ambient_temp": 20.0}))
    weights = [{"bearing_temp": 0.01, "cycles": 1e-6}.get(name, 0.0) for name in features.names]
    graph = append_model(features, Classifier(Logistic(export_linear([weights], [-0.9])), threshold=0.5))
    info = GraphInfo(
        kind="classification",
        numbers=tuple(declared.name for declared in contract.numbers),
        categories=tuple(declared.name for declared in contract.categories),
        features=features.names,
        classes=("fine", "failure"),
        positive=1,
        threshold=0.5,
    )
    parts = BundleParts(
        model="pump-health", contract_text=CONTRACT, graph=graph, info=info, reference={}, golden=[],
        evaluation={}, parity={}, lineage={},
    )  # fmt: skip
    return Served(3, build_bundle(parts, plant.bundles, plant.signer, {}).digest)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory, new_plant: Any, serve_one: Any) -> Iterator[Process]:
    plant = new_plant(tmp_path_factory.mktemp("dialects"))
    plant.deploy(build(plant))
    with serve_one(plant) as running:
        yield Process(plant, running)


def told(record: PredictionRecord) -> dict[str, Any]:
    fields = (
        "numbers",
        "categories",
        "assets",
        "event_times",
        "flags",
        "probabilities",
        "decision",
        "version",
    )
    return {name: getattr(record, name) for name in fields}


def faults_of(answer: Any) -> list[dict[str, Any]]:
    body = answer.json
    return body["detail"]["faults"] if "detail" in body else body["error"]["faults"]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.__name__)
def test_good_rows_are_recorded_as_from_native_json(process: Process, dialect: Callable[..., Sent]) -> None:
    assert process.ask(native(GOOD)).status == 200
    expected = told(process.last(PredictionRecord))
    assert np.frombuffer(expected["probabilities"], np.float32).size == 2 * len(GOOD)
    answer = process.ask(dialect(GOOD))
    assert answer.status == 200, answer.content
    record = process.last(PredictionRecord)
    assert record.door != "http"
    assert told(record) == expected


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.__name__)
def test_bad_rows_have_the_faults_of_native_json(process: Process, dialect: Callable[..., Sent]) -> None:
    expected = faults_of(process.ask(native(BAD)))
    refused = process.last(RejectRecord)
    found = [(fault["data"]["row"], fault["data"]["tag"], fault["code"]) for fault in expected]
    assert found == [
        (1, "bearing_temp", "contract-range"),
        (2, "product", "contract-unknown"),
        (2, "running", "contract-type"),
        (2, "cycles", "contract-type"),
        (3, "bearing_temp", "contract-missing"),
        (3, "ambient_temp", "contract-range"),
        (3, "cycles", "contract-range"),
    ]
    answer = process.ask(dialect(BAD))
    assert answer.status == 422
    assert faults_of(answer) == expected
    record = process.last(RejectRecord)
    assert (record.rows, record.faults, record.version) == (refused.rows, refused.faults, refused.version)
    assert record.time > refused.time


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.__name__)
def test_a_missing_column_and_a_strange_one_are_faults_of_every_row(
    process: Process, dialect: Callable[..., Sent]
) -> None:
    rows = [{k: v for k, v in r.items() if k != "cycles"} | {"cycels": 1.0} for r in GOOD]
    expected = faults_of(process.ask(native(rows)))
    assert len(expected) == 2 * len(GOOD)
    answer = process.ask(dialect(rows))
    assert answer.status == 422
    assert faults_of(answer) == expected


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_the_batch_command_gives_the_results_and_verdicts_of_a_request(process: Process, suffix: str) -> None:
    process.ask(native(GOOD))
    expected = told(process.last(PredictionRecord))
    assert score(process, GOOD, f"good.{suffix}")["scored"] == len(GOOD)
    by_file = [
        record
        for record in read_journal(process.plant.journal)
        if isinstance(record, PredictionRecord) and record.door == "batch"
    ]
    if by_file:  # a journal may keep one entry for the whole file instead of its rows
        assert told(by_file[-1]) == expected

    faults = faults_of(process.ask(native(BAD)))
    result = score(process, BAD, f"bad.{suffix}")
    assert result["refused"] == 3
    first = {"csv": 2, "jsonl": 1, "parquet": 1}[suffix]
    with Path(process.plant.root, result["rejected"]).open() as file:
        rejected = list(csv.DictReader(file))
    assert [(int(r["line"]) - first, r["tag"], r["code"]) for r in rejected] == [
        (fault["data"]["row"], fault["data"]["tag"], fault["code"]) for fault in faults
    ]


def score(process: Process, rows: list[dict[str, Any]], name: str) -> Any:
    path = process.plant.root / name
    if name.endswith(".csv"):
        path.write_bytes(written_csv(rows, {}))
    elif name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(r) + "\n" for r in rows))
    else:
        pl.DataFrame(rows).write_parquet(path)
    command = ["score", "--in", name, "--out", "answers.csv", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from andamio.cli import main; main()", *command],
        env=os.environ | {"ANDAMIO_PLANT": str(process.plant.root), "ANDAMIO_LANG": "en"},
        cwd=process.plant.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What each dialect answers.


def chances(process: Process) -> list[float]:
    predictions = process.ask(native(GOOD)).json["predictions"]
    assert [p["label"] for p in predictions] == ["fine", "failure", "fine"]
    return [p["probability"] for p in predictions]


def test_mlflow_answers_labels_and_whole_predictions_when_asked(process: Process) -> None:
    assert process.ask(mlflow_split(GOOD)).json == {"predictions": ["fine", "failure", "fine"]}
    path, body, headers = mlflow_records(GOOD)
    body = json.dumps(json.loads(body) | {"params": {"answer": "full"}}).encode()
    full = process.ask((path, body, headers)).json["predictions"]
    assert [p["probability"] for p in full] == chances(process)
    assert full[1]["flags"] == ["ambient_temp:imputed", "site:other"]


def test_kserve_answers_native_predictions(process: Process) -> None:
    predictions = process.ask(kserve(GOOD)).json["predictions"]
    assert [p["probability"] for p in predictions] == chances(process)
    arrays = {"instances": [[r[tag] for tag in TAGS] for r in GOOD]}
    in_order = process.ask(as_json("/v1/models/pump-health:predict", arrays)).json["predictions"]
    assert [p["probability"] for p in in_order] == chances(process)


def test_the_open_protocol_answers_a_tensor_for_each_field(process: Process) -> None:
    answer = process.ask(inference(GOOD)).json
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("42", "pump-health", "3")
    outputs = {output["name"]: output for output in answer["outputs"]}
    assert list(outputs) == ["id", "label", "decision", "probability", "flags", "recorded"]
    assert outputs["probability"] == {
        "name": "probability", "datatype": "FP32", "shape": [3], "data": chances(process),
    }  # fmt: skip
    assert outputs["decision"]["data"] == [False, True, False]
    path, body, headers = inference(GOOD)
    asked = json.dumps(json.loads(body) | {"outputs": [{"name": "label"}]}).encode()
    assert [o["name"] for o in process.ask((path, asked, headers)).json["outputs"]] == ["label"]


def test_the_open_protocol_answers_bytes_when_asked(process: Process) -> None:
    answer = process.ask(inference_binary(GOOD))
    length = int(answer.headers["inference-header-content-length"])
    outputs, place = {}, length
    for output in json.loads(answer.content[:length])["outputs"]:
        size = output["parameters"]["binary_data_size"]
        outputs[output["name"]] = answer.content[place : place + size]
        place += size
    assert place == len(answer.content)
    assert np.frombuffer(outputs["probability"], "<f4").tolist() == chances(process)
    assert outputs["decision"] == b"\x00\x01\x00"
    assert outputs["label"] == b"".join(struct.pack("<I", len(t)) + t for t in (b"fine", b"failure", b"fine"))


def test_csv_and_arrow_are_answered_as_accept_asks(process: Process) -> None:
    expected = chances(process)
    for sent in (native_csv(GOOD), arrow(GOOD)):
        assert [p["probability"] for p in process.ask(sent).json["predictions"]] == expected
        answer = process.ask(sent, Accept="text/csv")
        assert answer.headers["content-type"] == "text/csv"
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert [float(r["probability"]) for r in rows] == expected
        assert [r["recorded"] for r in rows] == ["true"] * 3
        answer = process.ask(sent, Accept="application/vnd.apache.arrow.stream, */*")
        table = pl.read_ipc_stream(answer.content)
        assert table["probability"].to_list() == expected
        assert table["decision"].to_list() == [False, True, False]
        assert table["flags"].to_list()[1] == "ambient_temp:imputed site:other"


def test_units_in_a_header_are_converted(process: Process) -> None:
    rows = [r | {"bearing_temp": r["bearing_temp"] * 1.8 + 32} for r in GOOD]
    body = written_csv(rows, {"bearing_temp": "bearing_temp [degF]"})
    answer = process.ask((PREDICT, body, {"Content-Type": "text/csv"})).json["predictions"]
    assert [p["probability"] for p in answer] == pytest.approx(chances(process), abs=1e-6)
