"""Ask with KServe's REST client in both protocols; prints what it understood."""

import asyncio
import json
import sys

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

port, rows, bad = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
BASE = f"http://127.0.0.1:{port}"
MODEL = "pump-health"


def request(*, binary):
    made = []
    for name in rows[0]:
        cells = [row[name] for row in rows]
        word = isinstance(cells[0], str)
        tensor = InferInput(name, [len(rows)], "BYTES" if word else "FP64")
        tensor.set_data_from_numpy(np.array(cells, np.object_ if word else np.float64), binary_data=binary)
        made.append(tensor)
    return InferRequest(MODEL, made, request_id="42")


async def ask():
    first = InferenceRESTClient(RESTConfig(protocol="v1", timeout=20))
    second = InferenceRESTClient(RESTConfig(protocol="v2", timeout=20))
    by_tag = await first.infer(BASE, {"instances": rows}, MODEL)
    answers = [await second.infer(BASE, request(binary=binary), MODEL) for binary in (True, False)]
    try:
        await first.infer(BASE, {"instances": bad}, MODEL)
        refused = ""
    except httpx.HTTPStatusError as error:
        refused = str(error)
    ready = [await first.is_model_ready(BASE, MODEL), await second.is_model_ready(BASE, MODEL)]
    ready += [await second.is_server_ready(BASE), await second.is_server_live(BASE)]
    outputs = [{output.name: output for output in answer.outputs} for answer in answers]
    return {
        "ready": ready,
        "labels": [p["label"] for p in by_tag["predictions"]],
        "probabilities": [[p["probability"] for p in by_tag["predictions"]]]
        + [output["probability"].as_numpy().tolist() for output in outputs],
        "id": [answer.id for answer in answers],
        "refused": refused,
    }


print(json.dumps(asyncio.run(ask())))
