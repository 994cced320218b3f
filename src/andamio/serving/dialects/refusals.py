"""An error in the words of the dialect that was spoken; the address tells which.

MLflow: ``{"error_code": …, "message": …}``. The Open Inference Protocol and KServe: ``{"error": …}``. The
native error, with code, reasons and every fault, stands beside it as ``detail``.
"""

from __future__ import annotations

import msgspec

from andamio.errors import AndamioError
from andamio.language import error_json, render_error

INVOCATIONS = "/invocations"
MLFLOW = frozenset({INVOCATIONS, "/ping", "/health", "/version"})
INFERENCE = "/v2"
PREDICT = ":predict"

_MLFLOW_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "ENDPOINT_NOT_FOUND",
    422: "INVALID_PARAMETER_VALUE",
    429: "REQUEST_LIMIT_EXCEEDED",
    503: "TEMPORARILY_UNAVAILABLE",
}


def refusal_body(path: str, status: int, error: AndamioError) -> bytes:
    """Write an error as the dialect of an address writes it, in the current language."""
    native = error_json(error)
    if path in MLFLOW:
        code = _MLFLOW_CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR")
        body: dict[str, object] = {"error_code": code, "message": render_error(error)}
    elif path == INFERENCE or path.startswith(INFERENCE + "/") or path.endswith(PREDICT):
        body = {"error": render_error(error)}
    else:
        return msgspec.json.encode(native, enc_hook=str)
    return msgspec.json.encode(body | {"detail": native["error"]}, enc_hook=str)


def model_of(path: str) -> str | None:
    """Return the model that an address of a dialect names, or None."""
    parts = path.split("/")
    if path.startswith(INFERENCE + "/models/") and parts[3]:
        return parts[3]
    if path.startswith("/v1/models/") and len(parts) == 4 and path.endswith(PREDICT):
        return parts[3].removesuffix(PREDICT) or None
    return None
