"""The log of the scoring process: sentences for a person, or JSON lines in the fields of ECS.

What a request carries in its headers or its body is never written: no secret, no value of a tag.
Source: Elastic Common Schema 8.11.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from typing import Literal

import msgspec

from andamio import __version__
from andamio.serving.exchange import Scope
from andamio.serving.request_ids import request_id

_ECS = "8.11.0"
_FIELDS = "ecs"
_encode = msgspec.json.Encoder(enc_hook=str).encode


def of_request(scope: Scope, status: int, seconds: float | None = None) -> dict[str, object]:
    """Return what a log line says of a request, to be passed as ``extra``."""
    fields: dict[str, object] = {
        "http.request.id": request_id(scope).decode("latin-1"),
        "http.request.method": scope["method"],
        "url.path": scope["path"][:500],
        "http.response.status_code": status,
    }
    if seconds is not None:
        fields["event.duration"] = int(seconds * 1e9)
    return {_FIELDS: fields}


def log_to_stderr(form: Literal["text", "ecs"], level: str) -> None:
    """Write the log of this process to its standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EcsLines() if form == "ecs" else SentenceLines())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


class SentenceLines(logging.Formatter):
    """One line a message; what belongs to a request ends with its id."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name is the base class's
        """Write the line."""
        fields = getattr(record, _FIELDS, None)
        line = super().formatMessage(record)
        if not fields:
            return line
        said = " ".join(str(fields[name]) for name in fields if name != "http.request.id")
        return f"{line} [{said} {fields['http.request.id']}]"


class EcsLines(logging.Formatter):
    """One JSON object a line, its keys the dotted names of ECS."""

    def format(self, record: logging.LogRecord) -> str:
        """Write the line."""
        fields: dict[str, object] = {
            "@timestamp": datetime.fromtimestamp(record.created, UTC),
            "log.level": record.levelname.lower(),
            "message": record.getMessage(),
            "ecs.version": _ECS,
            "service.name": "andamio",
            "service.version": __version__,
            "event.dataset": "andamio.serving",
            "log.logger": record.name,
            "process.pid": os.getpid(),
            **getattr(record, _FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            fields["error.type"] = type(error).__name__
            fields["error.message"] = str(error)
            fields["error.stack_trace"] = "".join(traceback.format_exception(error))
        return _encode(fields).decode()
