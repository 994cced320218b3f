"""Ask with MLflow's scoring client; prints what it understood."""

import json
import sys

import pandas as pd
from mlflow.deployments import PredictionsResponse
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

port, rows, bad = int(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
client = ScoringServerClient("127.0.0.1", port)
client.wait_server_ready(timeout=20)
frame = pd.DataFrame(rows)
answer = client.invoke(frame)
assert isinstance(answer, PredictionsResponse)
full = client.invoke(frame, params={"answer": "full"})
arrays = client.invoke(frame.to_numpy())
try:
    client.invoke(pd.DataFrame(bad))
    refused = ""
except Exception as error:  # noqa: BLE001  the client raises no narrower one
    refused = str(error)
print(
    json.dumps(
        {
            "version": client.get_version(),
            "labels": answer.get_predictions()[0].tolist(),
            "probabilities": [p["probability"] for p in full["predictions"]],
            "by_order": arrays["predictions"],
            "refused": refused,
        }
    )
)
