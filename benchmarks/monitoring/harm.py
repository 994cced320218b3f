"""How soon is harm confirmed, and how often wrongly? Against peers at their defaults, on the same labels.

Protocol. Each run draws an evaluation of 1,000 rows at the promised rate, then 500 good labels and up
to 1,500 bad ones; the delay is counted from the first bad label to the first alarm after it. False alarms are
counted over 3,000 good labels a run; a detector that alarmed begins anew. "clusters": 20 labels of one
machine and day with an intraclass correlation of 0.2. Andamio runs the code that runs in a plant
(``LossStream``), one false alarm in 10,000 good labels. The peers run in an environment of their own:

    python3 -m venv /somewhere && /somewhere/bin/pip install -r benchmarks/monitoring/peers/harm.txt
    python benchmarks/monitoring/harm.py --peers /somewhere/bin/python

Real data (``ANDAMIO_TEST_DATA``): a logistic regression learns from the first part in time, is evaluated on
the next and then judged label by label. Nobody knows when the concept changed there; the rates stand beside.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from andamio.monitoring.performance.promise import limit_of
from andamio.monitoring.performance.stream import LossStream
from andamio.statistics.dependence import dependence_of

EVALUATED, GOOD, BAD, QUIET = 1000, 500, 1500, 3000
CASES = {
    "0.10 to 0.20": (0.10, 0.20, 0.0),
    "0.02 to 0.05": (0.02, 0.05, 0.0),
    "0.30 to 0.40": (0.30, 0.40, 0.0),
    "0.10 to 0.20, clusters": (0.10, 0.20, 0.2),
}
SIZE, STAKE = 20, 1e-4
DATA = Path(os.environ.get("ANDAMIO_TEST_DATA", "../shared/data"))


def draw(random: np.random.Generator, rate: float, alike: float, rows: int) -> np.ndarray:
    if not alike:
        return (random.random(rows) < rate).astype(float)
    weight = (1 - alike) / alike
    rates = random.beta(rate * weight, (1 - rate) * weight, -(-rows // SIZE)).repeat(SIZE)[:rows]
    return (random.random(rows) < rates).astype(float)


def alarms_of(
    evaluated: np.ndarray, losses: np.ndarray, clusters: np.ndarray, named: np.ndarray
) -> list[int]:
    """Return the labels at which harm was confirmed; each time the stream begins anew."""
    usual = dependence_of(evaluated, named)
    limit = limit_of("accuracy", usual, None)
    stream, found = LossStream(limit, usual), []
    for place, (loss, cluster) in enumerate(zip(losses.tolist(), clusters.tolist(), strict=True)):
        stream.take(loss, cluster, stake=STAKE, time=float(place))
        if stream.stands:
            found.append(place + 1)
            stream = LossStream(limit, usual)
    return found


def simulated(runs: int) -> dict[str, np.ndarray]:
    arrays = {}
    for name, (good, bad, alike) in CASES.items():
        random = np.random.default_rng(7)
        reference = [draw(random, good, alike, EVALUATED) for _ in range(runs)]
        shifted = [
            np.concatenate([draw(random, good, alike, GOOD), draw(random, bad, alike, BAD)])
            for _ in range(runs)
        ]
        arrays |= {f"ref.{name}|shift": np.stack(reference), f"run.{name}|shift": np.stack(shifted)}
        quiet = [draw(random, good, alike, QUIET) for _ in range(runs)]
        arrays |= {f"ref.{name}|quiet": np.stack(reference), f"run.{name}|quiet": np.stack(quiet)}
    return arrays


def ours(arrays: dict[str, np.ndarray]) -> dict[str, list[list[int]]]:
    found = {}
    for key in (key.removeprefix("run.") for key in arrays if key.startswith("run.")):
        clusters = np.arange(max(GOOD + BAD, QUIET)) // SIZE
        named = np.arange(EVALUATED) // SIZE
        pairs = zip(arrays[f"ref.{key}"], arrays[f"run.{key}"], strict=True)
        found[key] = [alarms_of(ref, run, clusters[: len(run)], named) for ref, run in pairs]
    return found


def lines(name: str, alarms: dict[str, list[list[int]]]) -> list[str]:
    told = []
    for case in CASES:
        after = [min((a - GOOD for a in run if a > GOOD), default=None) for run in alarms[f"{case}|shift"]]
        delays = [np.inf if one is None else one for one in after]
        wrong = sum(len(run) for run in alarms[f"{case}|quiet"])
        per = 1000 * wrong / (QUIET * len(alarms[f"{case}|quiet"]))
        middle = float(np.median(delays))
        told.append(
            f"| {case} | {name} | {f'over {BAD}' if np.isinf(middle) else round(middle)} | {per:.2f} |"
        )
    return told


def fitted(x: np.ndarray, y: np.ndarray) -> object:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x, y)


def real() -> list[str]:
    told = []
    for name, x, y, cuts, size in (elec2(), gas()):
        learnt, evaluated = cuts
        model = fitted(x[:learnt], y[:learnt])
        wrong = (model.predict(x) != y).astype(float)  # type: ignore[attr-defined]
        held, live = wrong[learnt:evaluated], wrong[evaluated:]
        clusters = np.arange(len(wrong)) // size
        found = alarms_of(held, live, clusters[evaluated:], clusters[learnt:evaluated])
        first = found[0] if found else None
        seen = live[: first or len(live)]
        told.append(
            f"| {name} | {len(held)} | {held.mean():.3f} | {first} | {seen.mean():.3f} | {live.mean():.3f} |"
        )
    return told


def elec2() -> tuple[str, np.ndarray, np.ndarray, tuple[int, int], int]:
    with gzip.open(DATA / "licence_unstated" / "elec2.csv.gz", "rt") as file:
        table = np.genfromtxt(file, delimiter=",", skip_header=1)
    return "elec2, half-hours", table[:, :-1], table[:, -1], (9000, 13_500), 48


def gas() -> tuple[str, np.ndarray, np.ndarray, tuple[int, int], int]:
    rows, labels = [], []
    random = np.random.default_rng(0)
    for batch in range(1, 5):
        with gzip.open(DATA / "gas_sensor_drift" / f"batch{batch}.dat.gz", "rt") as file:
            parts = [line.replace(",", " ").split() for line in file if line.strip()]
        for i in random.permutation(len(parts)):
            numbers = [one.split(":")[-1] for one in parts[i][1:]]
            labels.append(parts[i][0].split(";")[0])
            rows.append([float(one) for one in numbers][-128:])
    names = np.unique(labels, return_inverse=True)[1]
    return "gas_sensor_drift, batch 1 then 2 to 4", np.array(rows), names, (300, 445), 1


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--peers", help="python of the peers' environment")
    asked.add_argument("--runs", type=int, default=25)
    given = asked.parse_args()
    if DATA.is_dir():
        print("| real data | evaluated | promised | confirmed at label | error until then | error of all |")
        print("|---|---|---|---|---|---|", *real(), sep="\n", flush=True)
    arrays = simulated(given.runs)
    print("\n| error rate | detector | labels to confirm (median) | false alarms in 1,000 good labels |")
    print("|---|---|---|---|", *lines("Andamio", ours(arrays)), sep="\n", flush=True)
    if given.peers:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "streams.npz"
            np.savez(path, **arrays)  # type: ignore[arg-type]  # arrays by name
            script = Path(__file__).parent / "peers" / "harm_peers.py"
            clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            done = subprocess.run(
                [given.peers, str(script), str(path)], check=True, capture_output=True, env=clean
            )
            for name, alarms in json.loads(done.stdout).items():
                print(*lines(name, alarms), sep="\n")


if __name__ == "__main__":
    main()
