"""What is left of each machine is one course, however its answers came into the journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from andamio.bundles import Outputs
from andamio.contracts import Rows, parse_contract
from andamio.contracts.contract import Contract
from andamio.features.courses import LiveCourses
from andamio.journal import Journal, prediction_record
from andamio.kernel.ids import IdMaker
from andamio.monitoring import observe
from andamio.monitoring.lives import lives_of

CONTRACT = """
[model]
kind = "regression"
data = "mill"
target = "life"
asset = "mill"
time = "cycle"
horizon = 100

[input.heat]
type = "number"

[output.life]
unit = "cycles"
"""


@dataclass(frozen=True)
class Served:
    version: int
    digest: str = "0" * 64


@pytest.fixture
def contract() -> Contract:
    return parse_contract(CONTRACT, name="mill", file="models/mill.toml")


def answer(
    folder: Path,
    worker: str,
    sent: list[tuple[str | None, str | None, float]],
    *,
    version: int = 2,
    **more: str,
) -> None:
    """Journal answers to rows: machine, cycle, life."""
    assets, times, values = ([row[place] for row in sent] for place in range(3))
    rows = Rows(
        np.zeros((len(sent), 1), np.float32),
        np.empty((len(sent), 0), object),
        assets,
        times,
        [()] * len(sent),
    )
    lives = np.array(values, np.float32)
    record = prediction_record(
        IdMaker().take(len(sent)), 5.0, "mill", Served(version), rows,
        Outputs(value=lives, lower=lives - 5, upper=lives + 5), **more,
    )  # fmt: skip
    with Journal(folder, worker) as journal:
        journal.append_now([record])


def test_the_course_is_that_of_the_whole_history_in_the_order_of_the_cycles(
    tmp_path: Path, contract: Contract
) -> None:
    values = np.round(70 - np.arange(30.0) + 8 * np.sin(np.arange(30.0)), 1)
    history = [("m1", str(cycle), float(value)) for cycle, value in enumerate(values)]
    shuffled = [history[place] for place in np.random.default_rng(3).permutation(30)]
    answer(tmp_path, "worker-1", shuffled[:20])
    answer(tmp_path, "score-1", shuffled[15:], door="batch")
    answer(tmp_path, "worker-1", [("m0", "7", 12.0), (None, "8", 3.0), ("m2", None, 2.0)])
    answer(tmp_path, "worker-1", [("m1", "31", 99.0)], version=1)
    answer(tmp_path, "worker-1", [("m1", "32", 1.0)], quality="fallback")
    seen = observe(tmp_path, contract)
    found = lives_of(seen, seen.of_version(2), contract)
    assert contract.horizon is not None
    times = [time for _, time, _ in history]
    told = LiveCourses(contract, contract.horizon).follow(["m1"] * 30, times, values.astype(np.float32))
    assert [life.asset for life in found] == ["m0", "m1"]
    m0, m1 = found
    assert (m0.left, m0.moment, m0.rows) == (12.0, "7", 1)
    assert (m1.left, m1.moment, m1.rows) == (told[-1], "29", 30)
    assert m1.answered == pytest.approx(values[-1])
    assert m1.left != pytest.approx(m1.answered)
    assert (m1.lower, m1.upper) == (pytest.approx(values[-1] - 5), pytest.approx(values[-1] + 5))


def test_a_model_without_a_horizon_or_without_names_of_machines_has_no_courses(
    tmp_path: Path, contract: Contract
) -> None:
    answer(tmp_path, "worker-1", [("m1", "1", 40.0)])
    for left_out in ("horizon = 100\n", 'asset = "mill"\n'):
        other = parse_contract(CONTRACT.replace(left_out, ""), name="mill", file="models/mill.toml")
        seen = observe(tmp_path, other)
        assert lives_of(seen, seen.of_version(2), other) == ()
