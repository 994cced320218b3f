"""The floor: the least that can answer the same request with the same graph, on the same parts.

Bare ASGI on uvicorn (uvloop, httptools), one msgspec struct of constrained floats, onnxruntime on the
bundle's own graph. No contract, no journal, no ids, no metrics, no checks of host, type or size.

    python benchmarks/serving/floor.py GRAPH.onnx CONTRACT_RANGES.json PORT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import onnxruntime as ort
import uvicorn


def main() -> None:
    """Serve until killed."""
    graph, ranges, port = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3])
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    run = ort.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"]).run
    row = msgspec.defstruct(
        "Row", [(tag, Annotated[float, msgspec.Meta(ge=low, le=high)]) for tag, (low, high) in ranges.items()]
    )
    one = msgspec.json.Decoder(msgspec.defstruct("One", [("row", row)])).decode
    many = msgspec.json.Decoder(msgspec.defstruct("Many", [("rows", list[row])])).decode  # type: ignore[valid-type]
    as_tuple = msgspec.structs.astuple
    encode = msgspec.json.encode

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        message = await receive()
        body = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
        rows = many(body).rows if body.startswith(b'{"rows"') else [one(body).row]  # type: ignore[attr-defined]
        numbers = np.array([as_tuple(found) for found in rows], dtype=np.float32)
        probabilities, decision = run(["probabilities", "decision"], {"numbers": numbers})
        content = encode(
            {
                "predictions": [
                    {"decision": d, "probability": p}
                    for d, p in zip(decision.tolist(), probabilities[:, 1].tolist(), strict=True)
                ]
            }
        )
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(content)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": content})

    uvicorn.run(
        application, host="127.0.0.1", port=port, loop="uvloop", http="httptools", ws="none", lifespan="off",
        interface="asgi3", log_config=None, log_level="critical", access_log=False, proxy_headers=False,
        server_header=False, date_header=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
