"""A collector hears of requests over OTLP: real protobuf, received over HTTP."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(
        importlib.util.find_spec("opentelemetry") is None, reason="the extra otel is not installed"
    ),
]
PREDICT = "/v1/models/pump-health/predict"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


class Collector:
    """Receives what is exported."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resource: dict[str, Any] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.path, self.rfile.read(int(self.headers["content-length"])), self.headers)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes, headers: Any) -> None:
        import gzip

        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        assert path == "/v1/traces"
        content = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        for found in ExportTraceServiceRequest.FromString(content).resource_spans:
            self.resource = attributes(found.resource)
            self.spans += [span for scope in found.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


def attributes(of: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in of.attributes:
        kind = pair.value.WhichOneof("value")
        value = getattr(pair.value, kind)
        found[pair.key] = [one.int_value for one in value.values] if kind == "array_value" else value
    return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def trace(plant: Any, endpoint: str, share: float) -> None:
    settings = plant.root / "andamio.toml"
    settings.write_text(f'{settings.read_text()}\n[traces]\nendpoint = "{endpoint}"\nshare = {share}\n')


def test_a_request_is_a_span_of_the_trace_that_it_brings(
    plant: Any, serve: Callable[..., Any], collector: Collector
) -> None:
    plant.deploy(plant.build(3))
    trace(plant, collector.address, 0)
    infer = {
        "inputs": [
            {"name": n, "shape": [1], "datatype": "BYTES" if n == "product" else "FP64", "data": [value]}
            for n, value in plant.row.items()
        ]
    }
    with serve(plant) as running:
        assert running.ask(PREDICT, {"rows": [plant.row] * 2}, traceparent=SAMPLED).status == 200
        assert running.ask("/v2/models/pump-health/infer", infer, traceparent=SAMPLED).status == 200
        assert running.ask(PREDICT, {"row": {}}, traceparent=SAMPLED).status == 422
        assert running.ask("/nowhere", traceparent=SAMPLED).status == 404
        assert running.ask(PREDICT, {"row": plant.row}, traceparent=UNSAMPLED).status == 200
        assert running.ask(PREDICT, {"row": plant.row}).status == 200
        assert running.ask(PREDICT, {"row": plant.row}, traceparent="00-zz").status == 200
        assert running.stop() == 0
    good, bad = sorted(collector.named(f"POST {PREDICT}"), key=lambda span: span.start_time_unix_nano)
    assert (good.trace_id.hex(), good.parent_span_id.hex(), good.kind) == (TRACE, PARENT, 2)
    told = attributes(good)
    assert told["andamio.model"] == "pump-health"
    assert (told["andamio.version"], told["andamio.rows"]) == ([3], 2)
    assert (told["http.route"], told["http.response.status_code"]) == (PREDICT, 200)
    refused = attributes(bad)
    assert (refused["http.response.status_code"], refused["andamio.refused"]) == (422, True)
    [infered] = collector.named("POST /v2/models/pump-health/infer")
    assert attributes(infered)["andamio.rows"] == 1
    [lost] = collector.named("GET")
    assert attributes(lost)["http.response.status_code"] == 404
    commits = collector.named("journal commit")
    assert {span.parent_span_id for span in commits} == {s.span_id for s in (good, bad, infered)}
    assert collector.resource["service.name"] == "andamio"
    written = b"".join(span.SerializeToString() for span in collector.spans)
    assert b"bearing_temp" not in written
    assert len(plant.journalled()) == 6


def test_a_share_of_the_requests_begins_a_trace_here(
    plant: Any, serve: Callable[..., Any], collector: Collector
) -> None:
    plant.deploy(plant.build(3))
    trace(plant, collector.address, 0.5)
    with serve(plant) as running:
        for _ in range(100):
            assert running.ask("/livez").status == 200
        assert running.stop() == 0
    assert 10 < len(collector.named("GET /livez")) < 90


def test_a_collector_that_is_not_there_costs_no_request_its_answer(
    plant: Any, serve: Callable[..., Any], collector: Collector
) -> None:
    plant.deploy(plant.build(3))
    trace(plant, "http://127.0.0.1:9", 1)
    with serve(plant) as running:
        for _ in range(20):
            assert running.predict(plant.row).status == 200
        assert running.stop() == 0
    assert len(plant.journalled()) == 20
