"""Ask with Triton's HTTP client, binary as it is by default and JSON; prints what it understood."""

import json
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

port, rows, bad = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
client = triton.InferenceServerClient(f"127.0.0.1:{port}")
MODEL = "pump-health"


def inputs(rows, *, binary):
    made = []
    for name in rows[0]:
        cells = [row[name] for row in rows]
        word = isinstance(cells[0], str)
        tensor = triton.InferInput(name, [len(rows), 1], "BYTES" if word else "FP64")
        data = np.array(cells, np.object_ if word else np.float64).reshape(-1, 1)
        tensor.set_data_from_numpy(data, binary_data=binary)
        made.append(tensor)
    return made


def chances(result):
    return result.as_numpy("probability").tolist()


by_bytes = client.infer(MODEL, inputs(rows, binary=True), request_id="42", model_version="3")
wanted = [triton.InferRequestedOutput("probability", binary_data=False)]
by_json = client.infer(MODEL, inputs(rows, binary=False), outputs=wanted)
mixed = client.infer(MODEL, inputs(rows, binary=False))
try:
    client.infer(MODEL, inputs(bad, binary=True))
    refused = ""
except InferenceServerException as error:
    refused = f"{error.status()} {error.message()}"
print(
    json.dumps(
        {
            "live": client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL),
            "server": client.get_server_metadata()["name"],
            "inputs": [tensor["name"] for tensor in client.get_model_metadata(MODEL)["inputs"]],
            "index": client.get_model_repository_index(),
            "labels": [label.decode() for label in by_bytes.as_numpy("label").tolist()],
            "decisions": by_bytes.as_numpy("decision").tolist(),
            "id": by_bytes.get_response()["id"],
            "probabilities": [chances(by_bytes), chances(by_json), chances(mixed)],
            "refused": refused,
        }
    )
)
