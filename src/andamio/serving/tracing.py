"""A trace of every request, or of a share of them, sent to an OpenTelemetry collector (extra ``otel``).

Stands around the application, so that without it a request meets nothing of this. A request that brings a
W3C ``traceparent`` is part of that trace, and sampled as its beginning was; others are sampled by the share.
Spans leave in batches on a thread of their own, and are dropped where the collector does not take them.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from andamio import __version__
from andamio.journal import PredictionRecord, Record, RejectRecord
from andamio.serving.application import Application
from andamio.serving.exchange import Receive, Scope, Send

Commit = Callable[[Sequence[Record]], Awaitable[None]]
Asked = Callable[[Scope, Receive, Send], Awaitable[None]]

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
_CARRIED = (b"traceparent", b"tracestate")
_FLUSH_MS = 2000
_ADDRESS = "/v1/traces"


class Tracing:
    """The traces of one worker.

    Args:
        endpoint: The collector's address, to which ``/v1/traces`` is added; None where the environment
            names it.
        share: Share of the requests that are traced, of those that begin a trace here.
        worker: The worker's name.
    """

    def __init__(self, endpoint: str | None, share: float, worker: str) -> None:
        named = {"service.version": __version__, "service.instance.id": worker}
        if "OTEL_SERVICE_NAME" not in os.environ:
            named["service.name"] = "andamio"
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource.create(named),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + _ADDRESS if endpoint else None)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("andamio", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def around(self, application: Application) -> Asked:
        """Return the application with a span around every request."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await application(scope, receive, send)
                return
            span = self._begin(application, scope)
            if not span.is_recording():
                with use_span(span):
                    await application(scope, receive, send)
                return

            async def noted(message: MutableMapping[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    _note_status(span, message["status"])
                await send(message)

            with use_span(span, end_on_exit=True):
                await application(scope, receive, noted)

        return traced

    def watching(self, commit: Commit) -> Commit:
        """Return a commit that tells the request's span what it commits, and how long that takes."""

        async def watched(records: Sequence[Record]) -> None:
            span = get_current_span()
            if not span.is_recording():
                await commit(records)
                return
            _note_records(span, records)
            with self._tracer.start_as_current_span("journal commit"):
                await commit(records)

        return watched

    def close(self) -> None:
        """Send what waits, for as long as two seconds."""
        self._provider.force_flush(_FLUSH_MS)
        self._provider.shutdown()

    def _begin(self, application: Application, scope: Scope) -> Span:
        carried = {
            name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _CARRIED
        }
        parent = self._propagator.extract(carried, context=Context()) if carried else Context()
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        said: dict[str, str] = {
            "http.request.method": method,
            "url.path": scope["path"],
            "url.scheme": scope.get("scheme") or "http",
            "network.protocol.version": scope.get("http_version") or "1.1",
        }
        name = method if method != "_OTHER" else "HTTP"
        place = application.routes.find(scope["path"])
        if place is not None:
            said["http.route"] = scope["path"]
            name = f"{name} {scope['path']}"
            if place.model:
                said["andamio.model"] = place.model
        return self._tracer.start_span(name, context=parent, kind=SpanKind.SERVER, attributes=said)


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)


def _note_records(span: Span, records: Sequence[Record]) -> None:
    predicted = [record for record in records if isinstance(record, PredictionRecord)]
    refused = [record for record in records if isinstance(record, RejectRecord)]
    if predicted:
        span.set_attribute("andamio.version", sorted({record.version for record in predicted}))
        span.set_attribute("andamio.rows", sum(len(record.ids) for record in predicted))
    elif refused:
        span.set_attribute("andamio.version", [refused[0].version])
        span.set_attribute("andamio.rows", refused[0].rows)
        span.set_attribute("andamio.refused", True)
