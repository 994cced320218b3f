"""MLServer serves the same trees by its own command; ``parallel_workers`` 0 is its in-process way.

python mlserver.py MODEL.txt PORT PARALLEL_WORKERS
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.pop(0)  # this file is called as the library is
RUNTIME = """
import lightgbm
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

class Bench(MLModel):
    async def load(self) -> bool:
        self.booster = lightgbm.Booster(model_file=self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        rows = NumpyCodec.decode_input(payload.inputs[0])
        found = self.booster.predict(rows, num_threads=1)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("predict", found)])
"""


def main() -> None:
    """Write the folder that the command reads, and become the command."""
    folder = Path(tempfile.mkdtemp())
    (folder / "bench_runtime.py").write_text(RUNTIME)
    settings = {
        "http_port": int(sys.argv[2]),
        "grpc_port": int(sys.argv[2]) + 1, "metrics_port": int(sys.argv[2]) + 2,
        "host": "127.0.0.1", "parallel_workers": int(sys.argv[3]), "debug": False,
    }  # fmt: skip
    (folder / "settings.json").write_text(json.dumps(settings))
    model = {"name": "bench", "implementation": "bench_runtime.Bench", "parameters": {"uri": sys.argv[1]}}
    (folder / "model-settings.json").write_text(json.dumps(model))
    os.environ["PYTHONPATH"] = str(folder)
    program = str(Path(sys.executable).with_name("mlserver"))
    os.execv(program, [program, "start", str(folder)])


main()
