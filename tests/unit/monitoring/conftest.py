"""A model's journal, written row by row, and the profile it is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from andamio.bundles import GraphInfo, Outputs
from andamio.contracts import parse_contract
from andamio.contracts.contract import Contract
from andamio.contracts.rows import Rows
from andamio.journal import Journal, RejectedRow, RejectRecord, TruthRecord, prediction_record
from andamio.kernel.ids import IdMaker
from andamio.monitoring import Observation, observe
from andamio.statistics.profile import Profile, learn_profile

CONTRACT = """
[model]
kind = "classification"
data = "pumps"
target = "failed"

[input.temp]
type = "number"
unit = "degC"
range = [0, 120]
out_of_range = "flag"
missing = "impute"

[input.ambient]
type = "number"
unit = "degC"

[input.product]
type = "category"
values = ["L", "M"]
unknown = "other"

[monitor]
context = ["ambient"]

[output.failure]
"""
HOUR = 3600.0
START = 1_780_000_000.0


@dataclass(frozen=True)
class Served:
    version: int = 1
    digest: str = "0" * 64


@dataclass
class Plant:
    """Writes what a scoring process would have written, and gathers it as the monitor does."""

    folder: Path
    contract: Contract
    info: GraphInfo
    profile: Profile
    ids: list[str] = field(default_factory=list)
    hours: int = 0

    def answer(
        self,
        numbers: np.ndarray,
        products: Sequence[str] | None = None,
        *,
        assets: Sequence[str] | None = None,
        risk: np.ndarray | None = None,
        version: int = 1,
    ) -> list[str]:
        """Journal answered rows, an hour apart, and return their ids."""
        rows = len(numbers)
        ids = IdMaker().take(rows)
        times = [
            np.datetime64(int(START + HOUR * (self.hours + i)), "s").item().isoformat() for i in range(rows)
        ]
        self.hours += rows
        risk = np.full(rows, 0.1) if risk is None else risk
        asked = Rows(
            numbers=numbers.astype(np.float32),
            categories=np.array([[p] for p in (products or ["L", "M"] * rows)[:rows]], dtype=object),
            assets=list(assets or ["pump-1"] * rows),
            times=[time + "+00:00" for time in times],
            flags=[("temp:out-of-range",) if row[0] > 120 else () for row in numbers],
        )
        outputs = Outputs(
            features=None,
            probabilities=np.stack([1 - risk, risk], axis=1).astype(np.float32),
            decision=(risk > 0.5).astype(np.int64),
            value=None,
            lower=None,
            upper=None,
        )
        with Journal(self.folder, "worker-1") as journal:
            journal.append_now([prediction_record(ids, START, "pump", Served(version), asked, outputs)])
        self.ids += ids
        return ids

    def tell(self, ids: Sequence[str], truths: Sequence[object]) -> None:
        """Journal truths."""
        with Journal(self.folder, "worker-1") as journal:
            journal.append_now(
                [
                    TruthRecord(time=START, model="pump", value=truth, prediction=name)  # type: ignore[arg-type]
                    for name, truth in zip(ids, truths, strict=True)
                ]
            )

    def refuse(self, requests: int) -> None:
        """Journal refused requests of one row."""
        with Journal(self.folder, "worker-1") as journal:
            journal.append_now(
                [
                    RejectRecord(
                        time=START,
                        model="pump",
                        version=1,
                        rows=1,
                        faults=[RejectedRow(0, "contract-type", "temp")],
                    )
                    for _ in range(requests)
                ]
            )

    def seen(self) -> Observation:
        """Read the journal."""
        return observe(self.folder, self.contract)


def usual(rows: int, seed: int) -> np.ndarray:
    """Tags as they are in training: temperature follows the ambient, both with a memory."""
    random = np.random.default_rng(seed)
    ambient = np.zeros(rows)
    for i in range(1, rows):
        ambient[i] = 0.9 * ambient[i - 1] + random.normal(0, 0.8)
    return np.stack([55 + ambient + random.normal(0, 2, rows), 22 + ambient], axis=1)


@pytest.fixture
def make_plant(tmp_path) -> Callable[[], Plant]:
    def make() -> Plant:
        contract = parse_contract(CONTRACT, name="pump", file="models/pump.toml")
        rows = 3000
        random = np.random.default_rng(1)
        profile = learn_profile(
            usual(rows, 0).astype(np.float32),
            random.uniform(0.05, 0.15, rows),
        )
        info = GraphInfo(
            kind="classification",
            numbers=("temp", "ambient"),
            categories=("product",),
            features=("temp",),
            classes=("0", "1"),
            positive=1,
            threshold=0.5,
        )
        return Plant(tmp_path / "journal", contract, info, profile)

    return make


@pytest.fixture
def plant(make_plant) -> Plant:
    return make_plant()
