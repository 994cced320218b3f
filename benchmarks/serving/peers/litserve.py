"""LitServe serves the same trees, one worker.

python litserve.py MODEL.txt PORT
"""

# LitServe reads the annotations as they are: no "from __future__ import annotations" here.
import sys
from typing import Any

sys.path.pop(0)  # this file is called as the library is
import lightgbm
import litserve
import numpy as np


class Bench(litserve.LitAPI):
    """One row a request."""

    def setup(self, device: str) -> None:
        """Load the trees."""
        self.booster = lightgbm.Booster(model_file=sys.argv[1])

    def decode_request(self, request: dict[str, Any]) -> np.ndarray:
        """Read the rows."""
        return np.array(request["rows"])

    def predict(self, rows: np.ndarray) -> list[float]:
        """Score them."""
        return self.booster.predict(rows, num_threads=1).tolist()

    def encode_response(self, found: list[float]) -> dict[str, Any]:
        """Answer."""
        return {"predictions": found}


if __name__ == "__main__":
    litserve.LitServer(Bench(), accelerator="cpu", workers_per_device=1).run(
        host="127.0.0.1", port=int(sys.argv[2]), log_level="error", generate_client_file=False
    )
