"""MLflow serves the same trees by its own command.

python mlflow.py MODEL.txt PORT
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

sys.path.pop(0)  # this file is called as the library is
import lightgbm
import mlflow.lightgbm

folder = Path(tempfile.mkdtemp()) / "model"
mlflow.lightgbm.save_model(lightgbm.Booster(model_file=sys.argv[1]), str(folder))
program = str(Path(sys.executable).with_name("mlflow"))
os.environ["PATH"] = f"{Path(program).parent}:{os.environ['PATH']}"  # it looks for uvicorn there
os.execv(
    program,
    [program, "models", "serve", "-m", str(folder), "-p", sys.argv[2], "--env-manager", "local", "-w", "1"],
)
