"""The one scorer: rows in, answers and a journal record out. Every door and dialect goes through it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from andamio.bundles import Bundle, Outputs
from andamio.bundles.golden import rows_of
from andamio.contracts import RowDecoder
from andamio.contracts.rows import Rows
from andamio.explanations import Explainer
from andamio.journal import PredictionRecord, prediction_record
from andamio.kernel.ids import IdMaker
from andamio.serving.answers import Column, Prediction, answer_columns, answerer
from andamio.serving.spread import VersionFacts


class Block(NamedTuple):
    """The answers to many rows before they are put into words: the rows, their ids, the graph's outputs.

    ``course`` is the smoothed remaining life, where somebody keeps the courses of the machines.
    """

    rows: Rows
    ids: Sequence[str]
    outputs: Outputs
    course: Sequence[float] | None = None


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
        self.keep_signals = bundle.contract.operation.keep_signals
        self.info = bundle.info
        self.facts = VersionFacts(bundle)
        self.decoder = RowDecoder(bundle.contract, label=f"{model}@{version}")
        self.decode = self.decoder.decode
        self.graph = bundle.graph(threads)
        self.explainer = Explainer(bundle, self.graph)
        self._golden = bundle.golden
        self._take_ids = ids.take
        self._answers = answerer(bundle.info)

    @cached_property
    def rowwise(self) -> bool:
        """Whether rows may be answered together; whoever loads a version to serve it finds out."""
        return self.graph.is_rowwise(rows_of(self._golden))

    def score(self, rows: Rows, *, door: str = "http") -> Scored:
        """Run the graph over rows that the contract accepted, and name every prediction.

        The answers say ``recorded``: whoever sends one has committed its record first.
        """
        block = self.score_block(rows)
        return Scored(self.predictions(block), self.record(block, door=door))

    def score_block(self, rows: Rows) -> Block:
        """Run the graph over rows that the contract accepted and name every prediction, nothing else."""
        outputs = self.graph.run(rows, features=False)
        return Block(rows, self._take_ids(len(rows)), outputs)

    def score_each(self, rows: Rows) -> Block:
        """Run the graph over rows of several requests; each is answered as alone, to the bit."""
        alike = self.rowwise or len(rows) == 1
        outputs = self.graph.run(rows, features=False) if alike else self.graph.run_each(rows)
        return Block(rows, self._take_ids(len(rows)), outputs)

    def predictions(self, block: Block) -> Sequence[Prediction]:
        """Put the answers into words."""
        return self._answers(block.ids, block.outputs, block.rows.flags, recorded=True)

    def columns(self, block: Block) -> dict[str, Column]:
        """Lay the answers out as columns."""
        return answer_columns(self.info, block.ids, block.outputs, block.rows.flags)

    def record(self, block: Block, *, door: str = "http") -> PredictionRecord:
        """Write the answers down for the journal."""
        rows, ids, outputs, _ = block
        return prediction_record(
            ids, time.time(), self.model, self, rows, outputs, door=door, keep_signals=self.keep_signals
        )
