"""BentoML serves the same trees by its own command, one worker.

python bentoml.py MODEL.txt PORT
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = sys.path.pop(0)  # this file is called as the library is
SERVICE = """
import os
import bentoml, lightgbm, numpy as np

@bentoml.service(workers=1)
class Bench:
    def __init__(self):
        self.booster = lightgbm.Booster(model_file=os.environ["BENCH_MODEL"])

    @bentoml.api
    def predict(self, rows: list[list[float]]) -> list[float]:
        return self.booster.predict(np.array(rows), num_threads=1).tolist()
"""


def main() -> None:
    """Write the service where the command looks for it, and become the command."""
    import tempfile

    folder = Path(tempfile.mkdtemp())
    (folder / "service.py").write_text(SERVICE)
    os.environ |= {"BENCH_MODEL": sys.argv[1], "BENTOML_DO_NOT_TRACK": "True"}
    os.chdir(folder)
    program = str(Path(sys.executable).with_name("bentoml"))
    os.execv(program, [program, "serve", "service:Bench", "--port", sys.argv[2], "--host", "127.0.0.1"])


main()
