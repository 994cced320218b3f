"""Let atheris loose on everything that reads a request's body, guided by the branches that it reaches.

    make fuzz                     (after Schemathesis; a minute for each decoder)
    make fuzz seconds=600

A body is read and scored, or refused with an error of Andamio's own; anything else ends the run with the body
that did it. The last line of each decoder is how many bodies it was given.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ROW = {"bearing_temp": 80.0, "ambient_temp": 20.0, "product": "L"}
CAP = 50
LENGTH = b"inference-header-content-length"


def scorer(folder: Path) -> Any:
    """Build a model and open it."""
    spec = importlib.util.spec_from_file_location("plants", ROOT / "tests/live/serving/conftest.py")
    assert spec is not None
    assert spec.loader is not None
    plants = importlib.util.module_from_spec(spec)
    sys.modules["plants"] = plants
    spec.loader.exec_module(plants)
    from andamio.bundles import open_bundle
    from andamio.kernel.ids import IdMaker
    from andamio.serving.scorer import Scorer

    plant = plants.make_plant(folder / "plant", folder / "keys" / "plant.pem")
    served = plant.build(1)
    bundle = open_bundle(plant.bundles / served.digest.replace(":", "-"), [plant.signer.public])
    return Scorer(bundle, model=plants.MODEL, version=1, ids=IdMaker())


def readers(made: Any) -> dict[str, tuple[Callable[[bytes], Any], list[bytes]]]:
    """Return what reads a body, and bodies to begin with, by name."""
    from andamio.serving.compressed import gunzip
    from andamio.serving.dialects.answer_columns import AnswerColumn
    from andamio.serving.dialects.arrow import read_arrow, write_arrow
    from andamio.serving.dialects.asking import Call
    from andamio.serving.dialects.csv_body import csv_columns
    from andamio.serving.dialects.open_inference import _read, _split
    from andamio.serving.dialects.rows import RowReader
    from andamio.serving.dialects.tensors import read_tensors

    rows = RowReader(made)
    columns = [
        AnswerColumn("bearing_temp", "number", [80.0, 1.0]),
        AnswerColumn("product", "text", ["L", "?"]),
    ]

    def infer(body: bytes) -> Any:
        length, _, rest = body.partition(b"\n")
        head, tail = _split(Call(rest, {LENGTH: length} if length else {}))
        return rows.columns(read_tensors(_read(head).inputs, tail))

    tensor = {"name": "bearing_temp", "shape": [1], "datatype": "FP32", "parameters": {"binary_data_size": 4}}
    binary = json.dumps({"inputs": [tensor]}).encode()
    plain = json.dumps(
        {"inputs": [{k: v for k, v in tensor.items() if k != "parameters"} | {"data": [80.0]}]}
    )
    return {
        "json": (made.decode, [json.dumps({"row": ROW}).encode(), json.dumps({"rows": [ROW]}).encode()]),
        "csv": (
            lambda body: rows.columns(csv_columns(body, CAP), typed=False),
            [b'bearing_temp,product,time\n80,"L",2026-01-01T00:00:00Z\n,,\n'],
        ),
        "arrow": (lambda body: rows.columns(read_arrow(body, CAP)), [write_arrow(columns)]),
        "infer": (infer, [b"%d\n" % len(binary) + binary + b"\0\0\xa0\x42", b"\n" + plain.encode()]),
        "gzip": (lambda body: gunzip(body, 1000), []),
    }


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one decoder in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["andamio.contracts", "andamio.serving"]):
        with tempfile.TemporaryDirectory() as folder:
            made = scorer(Path(folder))
        read, seeds = readers(made)[name]
    from andamio.errors import AndamioError

    def one(body: bytes) -> None:
        try:
            found = read(body)
        except AndamioError:
            return
        if name != "gzip" and 0 < len(found) <= CAP:
            made.score(found)

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
            one(seed)
        flags = [f"-max_total_time={seconds}", "-max_len=4096", "-verbosity=0", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *flags, corpus], one)
        atheris.Fuzz()


def main() -> int:
    """Fuzz each decoder in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", help="the folder of packages where atheris is")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    sys.path.append(given.packages)
    if given.only:
        fuzz(given.only, given.seconds)
        return 0
    worst = 0
    for name in ("json", "csv", "arrow", "infer", "gzip"):
        done = subprocess.run(
            [sys.executable, __file__, given.packages, "--seconds", str(given.seconds), "--only", name],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        stats = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        print(f"{name}: {stats[0].split()[-1] if stats else 'no'} bodies, status {done.returncode}")
        if done.returncode:
            print(done.stderr[-3000:])
        worst = max(worst, abs(done.returncode))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
