"""An error in the words of the dialect that was spoken; the address tells which.

MLflow: ``{"error_code": …, "message": …}``. The Open Inference Protocol and KServe: ``{"error": …}``. The
native error, with code, reasons and every fault, stands beside it as ``detail``.
"""

from __future__ import annotations

import msgspec

from andamio.errors import AndamioError
from andamio.language import current_language, error_json, render_error

INVOCATIONS = "/invocations"
MLFLOW = frozenset({INVOCATIONS, "/ping", "/health", "/version"})
INFERENCE = "/v2"
PREDICT = ":predict"

_TOO_MANY = 429
_REMEMBERED = 256
_written: dict[tuple[object, ...], bytes] = {}
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
    """Write an error as the dialect of an address writes it, in the current language.

    "Too many" is written once and then sent again: refusing must cost less than answering.
    """
    if status != _TOO_MANY:
        return _body(path, status, error)
    wait_s = error.data.get("retry_after_s")
    which = (current_language(), _dialect(path), error.code, error.args, wait_s)
    found = _written.get(which)
    if found is None:
        if len(_written) >= _REMEMBERED:
            _written.clear()
        found = _written[which] = _body(path, status, error)
    return found


def _dialect(path: str) -> str:
    if path in MLFLOW:
        return "mlflow"
    inference = path == INFERENCE or path.startswith(INFERENCE + "/") or path.endswith(PREDICT)
    return "inference" if inference else ""


def _body(path: str, status: int, error: AndamioError) -> bytes:
    native = error_json(error)
    dialect = _dialect(path)
    if dialect == "mlflow":
        code = _MLFLOW_CODES.get(status, "BAD_REQUEST" if status < 500 else "INTERNAL_ERROR")
        body: dict[str, object] = {"error_code": code, "message": render_error(error)}
    elif dialect == "inference":
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
