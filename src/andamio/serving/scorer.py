"""The one scorer: rows in, answers and a journal record out. Every door and dialect goes through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from andamio.bundles import Bundle
from andamio.contracts import RowDecoder
from andamio.contracts.rows import Rows
from andamio.journal import PredictionRecord, prediction_record
from andamio.kernel.ids import IdMaker
from andamio.serving.answers import Prediction, answerer
from andamio.serving.spread import VersionFacts


class Scored(NamedTuple):
    """What came of a set of rows: one answer a row, in their order, and the record of them all."""

    predictions: Sequence[Prediction]
    record: PredictionRecord


class Scorer:
    """Scores rows with one version of a model. Safe to share between threads.

    Args:
        bundle: The verified bundle.
        model: Name under which it is deployed.
        version: Its number.
        ids: Where prediction ids come from; shared by all the models of a process.
        threads: Threads that one run of the graph may use.
    """

    def __init__(self, bundle: Bundle, *, model: str, version: int, ids: IdMaker, threads: int = 1) -> None:
        self.model = model
        self.version = version
        self.digest = bundle.digest
        self.contract = bundle.contract
        self.info = bundle.info
        self.facts = VersionFacts(bundle)
        self.decode = RowDecoder(bundle.contract, label=f"{model}@{version}").decode
        self.graph = bundle.graph(threads)
        self._take_ids = ids.take
        self._answers = answerer(bundle.info)

    def score(self, rows: Rows, *, door: str = "http") -> Scored:
        """Run the graph over rows that the contract accepted, and name every prediction.

        The answers say ``recorded``: whoever sends one has committed its record first.
        """
        outputs = self.graph.run(rows, features=False)
        ids = self._take_ids(len(rows))
        record = prediction_record(ids, time.time(), self.model, self, rows, outputs, door=door)
        return Scored(self._answers(ids, outputs, rows.flags, recorded=True), record)
