"""Compute a network in whole numbers of 8 bits, where the contract asks for it and no decision suffers.

The scales are found on rows that were learnt from; the gate asks the held-out rows. Whole numbers are kept
where at most one decision in 200 changes, and where the loss does not rise by more than its standard error.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.bundles.graph import Graph
from andamio.contracts.rows import Rows
from andamio.errors import Text, text
from andamio.features import Network, feature_graph, in_whole_numbers, run_channels
from andamio.training.export import Trained
from andamio.training.judging import plain
from andamio.training.learnt import Learnt
from andamio.training.splits import Split
from andamio.training.table import Problem
from andamio.training.task import Floats, gain, target_of, task_of

# Decisions that may change on rows that were not learnt from.
MOST_CHANGED = 0.005
_CALIBRATION_ROWS = 512
_TIMED_RUNS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighter:
    """What whole numbers came to on the held-out rows.

    Attributes:
        rows: How many were asked.
        changed: Decisions that changed; 0 where a number is answered.
        rise: How much the mean loss rose; negative where it fell.
        noise: The standard error of the rise, and of the loss itself, whichever is larger.
        bytes_before: Of the graph in float32.
        bytes_after: Of the graph in whole numbers.
        time_ratio: Time of one row in whole numbers over that in float32, in this run.
    """

    rows: int
    changed: int
    rise: float
    noise: float
    bytes_before: int
    bytes_after: int
    time_ratio: float

    @property
    def kept(self) -> bool:
        """Tell whether whole numbers answer."""
        return self.changed <= MOST_CHANGED * self.rows and self.rise <= self.noise

    @property
    def sentence(self) -> Text:
        """Say so."""
        told = {
            "changed": self.changed,
            "rows": self.rows,
            "size": round(100 * self.bytes_after / self.bytes_before),
        }
        if self.kept:
            return text(
                "The network is computed in whole numbers of 8 bits: {changed} of {rows} held-out decisions"
                " change, and the graph is {size} % of its size.",
                **told,
            )
        return text(
            "The network stays in float32: in whole numbers of 8 bits {changed} of {rows} held-out decisions"
            " change, or the loss rises by more than its standard error.",
            **told,
        )

    def facts(self) -> Mapping[str, object]:
        """Tell what the same data always gives; times are not part of it."""
        named = ("rows", "changed", "rise", "noise", "bytes_before", "bytes_after")
        return {**{n: getattr(self, n) for n in named}, "kept": self.kept, "sentence": plain(self.sentence)}


def in_fewer_bits(learnt: Learnt, problem: Problem, split: Split) -> tuple[Learnt, Lighter | None]:
    """Try whole numbers, and return what is to answer with what was found.

    Args:
        learnt: What was trained.
        problem: All rows.
        split: Which of them it has learnt from, and which are held out.

    Returns:
        ``learnt`` itself where nothing was asked for, where it holds no network, or where decisions suffer.
    """
    native = learnt.native
    if (
        not problem.contract.limits.int8
        or not isinstance(native, Trained)
        or not isinstance(native.plan.network, Network)
    ):
        return learnt, None
    other = _whole(native, native.plan.network, problem.rows.take(split.train))
    graph = other.graph()
    before, after = Graph(learnt.graph, learnt.info), Graph(graph, learnt.info)
    found = _compared(before, after, problem.take(split.test), (len(learnt.graph), len(graph)))
    told = {**learnt.record, "int8": dict(found.facts())}
    if not found.kept:
        return replace(learnt, record=told), found
    return replace(learnt, graph=graph, native=other, native_features=other.answer, record=told), found


def _whole(native: Trained, network: Network, rows: Rows) -> Trained:
    step = max(1, len(rows) // _CALIBRATION_ROWS)
    some = rows.take(np.arange(0, len(rows), step))
    plan = replace(
        native.plan, network=in_whole_numbers(network, run_channels(native.plan, network.signals, some))
    )
    return replace(native, plan=plan, features=feature_graph(plan))


def _compared(before: Graph, after: Graph, test: Problem, sizes: tuple[int, int]) -> Lighter:
    one, other = before.run(test.rows), after.run(test.rows)
    losses = [_losses(outputs, test) for outputs in (one, other)]
    less, noise = gain(losses[1], losses[0])
    own = float(losses[0].std(ddof=1) / np.sqrt(len(losses[0]))) if len(test) > 1 else 0.0
    changed = 0
    if one.decision is not None and other.decision is not None:
        changed = int((one.decision != other.decision).sum())
    return Lighter(
        rows=len(test),
        changed=changed,
        rise=less,
        noise=max(own, noise),
        bytes_before=sizes[0],
        bytes_after=sizes[1],
        time_ratio=_time_ratio(before, after, test.rows),
    )


def _losses(outputs: Outputs, test: Problem) -> Floats:
    task, target = task_of(test), target_of(test)
    if outputs.value is not None:
        answer: NDArray[np.float64] = outputs.value.astype(np.float64)[:, None]
    elif outputs.probabilities is None:
        return np.zeros(len(test))
    elif task.is_binary:
        answer = outputs.probabilities.astype(np.float64)[:, [test.positive or 0]]
    else:
        answer = outputs.probabilities.astype(np.float64)
    return task.losses(answer, target)


def _time_ratio(before: Graph, after: Graph, rows: Rows) -> float:
    one = rows.take(np.array([0]))
    spent: list[list[float]] = [[], []]
    for _ in range(_TIMED_RUNS):
        for place, graph in enumerate((before, after)):
            start = time.perf_counter()
            graph.run(one, features=False)
            spent[place].append(time.perf_counter() - start)
    return float(np.median(spent[1]) / np.median(spent[0]))
