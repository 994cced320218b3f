"""Let Schemathesis loose on a real scoring process, by the OpenAPI document that it serves.

    make fuzz                     (requirements/fuzz.txt in an environment of its own)
    make fuzz examples=2000

What it must never find: a status of 500, an answer that is not as described, a process that ended, a
prediction that was acknowledged and is not in the journal. The last lines are the figures.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "response_headers_conformance,unsupported_method,ignored_auth"
)


# Health is open to all, so it cannot ignore a token.
OPEN = ("/livez", "/readyz", "/ping", "/health", "/v2/health/live", "/v2/health/ready")


def plants() -> ModuleType:
    """Load the plants and processes of the live tests."""
    spec = importlib.util.spec_from_file_location("plants", ROOT / "tests/live/serving/conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["plants"] = module
    spec.loader.exec_module(module)
    return module


def campaign(program: str, examples: int, seed: int, *, guarded: bool) -> int:
    """Run one campaign and return its status; 0 means that nothing was found."""
    live = plants()
    with tempfile.TemporaryDirectory() as folder:
        plant = live.make_plant(Path(folder) / "plant", Path(folder) / "keys" / "plant.pem")
        plant.deploy(plant.build(3))
        secret = give_token(plant.root) if guarded else ""
        with live.serving(plant) as running:
            status = schemathesis(program, running.port, examples, seed, secret)
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            page = running.ask("/metrics", **headers).content.decode()
            alive = running.process.poll() is None and running.stop() == 0
        counted = figures(page)
        recorded = len(plant.journalled())
    print(f"guarded={guarded} requests by status: {dict(sorted(counted['status'].items()))}")
    print(f"predictions answered {counted['rows']['']}, in the journal {recorded}; process lived: {alive}")
    return status or int(not alive) or int(recorded != counted["rows"][""]) or counted["status"]["500"]


def give_token(root: Path) -> str:
    """Make a token that allows everything."""
    program = "from andamio.cli import main; main()"
    made = subprocess.run(
        [sys.executable, "-c", program, "-C", str(root), "token", "create", "fuzz", "--role", "maintainer",
         "--file-only", "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    secret: str = json.loads(made.stdout)["secret"]
    return secret


def schemathesis(program: str, port: int, examples: int, seed: int, secret: str) -> int:
    """Run Schemathesis against the process."""
    command = [
        program, "run", f"http://127.0.0.1:{port}/openapi.json", "--checks", CHECKS,
        "--max-examples", str(examples), "--seed", str(seed), "--mode", "all", "--no-color",
    ]  # fmt: skip
    for path in OPEN:
        command += ["--exclude-path", path]
    command += ["-H", f"Authorization: Bearer {secret}"] if secret else []
    return subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": ""}).returncode


def figures(page: str) -> dict[str, Counter[str]]:
    """Read the counts of requests by status, and of rows, from the metrics."""
    counted: dict[str, Counter[str]] = {"status": Counter(), "rows": Counter()}
    for line in page.splitlines():
        value = line.rpartition(" ")[2]
        if line.startswith("andamio_requests_total{"):
            counted["status"][line.partition('status="')[2].partition('"')[0]] += int(float(value))
        elif line.startswith("andamio_predictions_total{"):
            counted["rows"][""] += int(float(value))
    return counted


def main() -> int:
    """Run the open and the guarded campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="the schemathesis program")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = [
        campaign(given.program, given.examples, given.seed, guarded=guarded) for guarded in (False, True)
    ]
    return max(found)


if __name__ == "__main__":
    raise SystemExit(main())
