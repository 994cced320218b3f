"""Train: from a contract and a dataset version to a candidate with its evidence, ready to become a bundle."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import numpy as np
import polars as pl

from andamio.bundles.building import BundleParts
from andamio.bundles.golden import golden_rows
from andamio.bundles.graph import Graph
from andamio.bundles.parity import certify, certify_thresholds
from andamio.bundles.probes import policy_probes
from andamio.contracts.contract import Contract, TagType
from andamio.contracts.headers import table_columns
from andamio.contracts.rows import Rows
from andamio.errors import Text, text
from andamio.features import Sister
from andamio.training.anomaly.learning import learn_detector
from andamio.training.anomaly.splitting import hold_out_latest, with_known
from andamio.training.claims import no_claims
from andamio.training.evaluation import Evaluation, about_split, evaluate
from andamio.training.golden import choose_golden
from andamio.training.judging import plain
from andamio.training.leakage import Leak, find_leaks
from andamio.training.learnt import Learn, Learnt, learn, say_step
from andamio.training.limits import limit_gates, time_rows
from andamio.training.lineage import lineage
from andamio.training.losses import loss_reference
from andamio.training.operation import unanswered
from andamio.training.reference import reference
from andamio.training.repeating import (
    USUAL_STEPS,
    Repeated,
    Repetition,
    kinds_to_repeat,
    nothing_to_measure,
    repeat,
    too_few,
)
from andamio.training.splits import Split, holdout
from andamio.training.study import Progress
from andamio.training.table import Dataset, LeftOut, Problem, read_problem
from andamio.training.whole_numbers import in_fewer_bits

HELD_OUT = 0.2
PROBED_ROWS = 5000
BROUGHT = "brought"
# With few rows as much time goes into knowing how good the model is as into finding it.
REPEATING_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How to train.

    Attributes:
        budget_s: Seconds to search.
        trials: Exactly so many trials instead, whatever time they take; this repeats a run.
        steps: With few rows, and with ``trials``: exactly so many steps of repeated learning.
        seed: Of everything.
        keep: Tags to learn from although they look like leaks: a person vouches for them.
        parent: Digest of the bundle that the new one is to follow.
        sister: Another model whose prediction is tried as a feature.
    """

    budget_s: float = 120.0
    trials: int | None = None
    steps: int | None = None
    seed: int = 0
    keep: frozenset[str] = frozenset()
    parent: str | None = None
    sister: Sister | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trained, measured and judged model that is not yet a bundle.

    Attributes:
        name: Which kind of model won, for programs.
        title: The same for people.
        parts: Everything under the bundle's digest.
        evaluation: What was measured, and the gates.
        leaks: Tags found to give the target away or to identify rows.
        excluded: Tags that were not learnt from.
        left_out: Rows that were not used.
        split: What was held out, and by which rule.
        unanswered: Questions of ``[operation]`` without an answer, and what that costs.
        record: Durations and latencies, outside the digest.
    """

    name: str
    title: Text
    parts: BundleParts
    evaluation: Evaluation
    leaks: Sequence[Leak]
    excluded: frozenset[str]
    left_out: Sequence[LeftOut]
    split: Split
    unanswered: Sequence[tuple[str, Text]]
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def was_brought(self) -> bool:
        """Whether it was trained elsewhere; then nobody knows which rows it has seen."""
        return self.name == BROUGHT

    @property
    def deployable(self) -> bool:
        """Whether no gate failed."""
        return self.evaluation.deployable


@dataclass(frozen=True, slots=True)
class Findings:
    """What was settled besides the model: leaks, the tags set aside, the rows held out, learning repeated."""

    leaks: tuple[Leak, ...]
    excluded: frozenset[str]
    split: Split
    repeated: Repeated | None = None


def train(
    contract: Contract,
    dataset: Dataset,
    options: TrainOptions,
    progress: Progress,
    *,
    learn: Learn | None = None,
) -> Candidate:
    """Train a candidate.

    The same dataset digest, contract, seed, code, libraries, processor architecture and number of trials give
    parts of the same bytes.

    Args:
        contract: What the model promises.
        dataset: A dataset version.
        options: Budget, seed, tags to keep.
        progress: Told each step as it begins.
        learn: Learns from the training part; None by the kind of the contract.

    Raises:
        TrainingDataRefused: The dataset cannot be trained on.
        FeaturesRefused: A feature cannot be computed, or no input is left.
    """
    started = time.perf_counter()
    reading = text("reading {data}@{version} by the contract", data=dataset.name, version=dataset.version)
    say_step(progress, reading)
    problem = read_problem(contract, dataset.frame)
    leaks = [] if problem.is_anomaly else input_leaks(contract, dataset.frame, problem)
    excluded = frozenset(leak.column for leak in leaks if leak.excluded) - options.keep
    split = hold_out(problem, options.seed)
    learn = learn or learner_of(problem)
    if options.sister is not None:
        learn = partial(cast("Callable[..., Learnt]", learn), sister=options.sister)
    learnt = learn(
        problem.take(with_known(problem, split) if problem.is_anomaly else split.train),
        excluded=excluded,
        budget_s=options.budget_s * (1 - REPEATING_SHARE if too_few(problem) else 1),
        trials=options.trials,
        seed=options.seed,
        progress=progress,
    )
    fitted_s = time.perf_counter() - started
    repeated = _repeat(problem, learnt, learn, excluded, options, progress, fitted_s)
    spent = {"fit_s": round(fitted_s, 3), "repeat_s": round(time.perf_counter() - started - fitted_s, 3)}
    found = Findings(tuple(leaks), excluded, split, repeated)
    return finish(problem, dataset, found, learnt, options, progress, durations=spent)


def _repeat(
    problem: Problem,
    learnt: Learnt,
    learn: Learn,
    excluded: frozenset[str],
    options: TrainOptions,
    progress: Progress,
    fitted_s: float,
) -> Repeated | None:
    if not too_few(problem):
        return None
    kinds = kinds_to_repeat(learnt, len(problem))
    repetition = Repetition(learn=learn, excluded=excluded, kinds=kinds, seed=options.seed)
    steps = options.steps
    if steps is None and options.trials is not None:
        steps = USUAL_STEPS
    return repeat(problem, repetition, progress, budget_s=options.budget_s - fitted_s, steps=steps)


def hold_out(problem: Problem, seed: int) -> Split:
    """Hold a part out by the kind of the contract."""
    return hold_out_latest(problem, HELD_OUT) if problem.is_anomaly else holdout(problem, HELD_OUT, seed)


def learner_of(problem: Problem) -> Learn:
    """Choose who learns by the kind of the contract."""
    return learn_detector if problem.is_anomaly else learn


def finish(
    problem: Problem,
    dataset: Dataset,
    found: Findings,
    learnt: Learnt,
    options: TrainOptions,
    progress: Progress,
    *,
    durations: Mapping[str, float],
) -> Candidate:
    """Prove, measure, judge and describe what was learnt (or brought along)."""
    started = time.perf_counter()
    learnt, lighter = in_fewer_bits(learnt, problem, found.split)
    rehearsed, learnt = learnt, learnt if learnt.again is None else learnt.again(problem)
    measured = _measure(problem, found, rehearsed, learnt, options.seed, progress)
    origin = lineage(
        dataset,
        problem,
        found.split,
        found.leaks,
        sorted(options.keep),
        learnt.record,
        seed=options.seed,
        parent=options.parent,
    )
    parts = _parts(problem, found.split, learnt, measured, origin)
    spent = {**durations, "judge_s": round(time.perf_counter() - started, 3)}
    return Candidate(
        name=learnt.name,
        title=learnt.title,
        parts=parts,
        evaluation=measured.evaluation,
        leaks=found.leaks,
        excluded=found.excluded,
        left_out=problem.left_out,
        split=found.split,
        unanswered=unanswered(problem.contract),
        record={
            "durations": spent,
            "latency": measured.latency,
            **({} if lighter is None else {"int8": {**lighter.facts(), "time_ratio": lighter.time_ratio}}),
        },
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """A loaded graph with what was measured of it."""

    graph: Graph
    train: Problem
    test: Problem
    probes: Mapping[str, Rows]
    certificate: dict[str, object]
    evaluation: Evaluation
    latency: Mapping[str, float]


def _measure(
    problem: Problem, found: Findings, rehearsed: Learnt, learnt: Learnt, seed: int, progress: Progress
) -> _Measured:
    """Prove what will answer, and measure on held-out rows what has not seen them."""
    graph = Graph(learnt.graph, learnt.info)
    train, test = problem.take(found.split.train), problem.take(found.split.test)
    say_step(progress, text("proving that the graph answers as the trained model does"))
    probes = policy_probes(problem.contract, problem.rows)
    certificate = prove(learnt, graph, problem, probes, seed)
    say_step(progress, text("measuring on {rows} held-out rows", rows=len(test)))
    latency = time_rows(graph, test.rows)
    asked = graph if rehearsed is learnt else Graph(rehearsed.graph, rehearsed.info)
    evaluation = evaluate(
        train,
        test,
        asked.run,
        rehearsed.simpler,
        certificate,
        seed,
        repeated=None if found.repeated is None else (problem, found.repeated),
        claims=no_claims(problem) if nothing_to_measure(problem) else None,
        limits=limit_gates(problem.contract.limits, len(learnt.graph), latency),
        conditions=rehearsed.conditions,
    )
    return _Measured(graph, train, test, probes, certificate, evaluation, latency)


def _parts(
    problem: Problem, split: Split, learnt: Learnt, measured: _Measured, origin: dict[str, object]
) -> BundleParts:
    graph, train = measured.graph, measured.train
    golden = choose_golden(problem, measured.probes)
    facts = measured.evaluation.facts() | {
        "candidate": learnt.name,
        "seen_before": "unknown" if learnt.name == BROUGHT else "no",
        "title": plain(learnt.title),
        "standings": list(learnt.standings),
        "split": about_split(split, train, measured.test),
    }
    usual, test = reference(train, graph.run(train.rows), learnt.info), measured.test
    quantiles = usual["profile.quantiles"].astype(np.float64)
    # Those of the graph, for explanations: learnt again from other rows they would be others.
    told = {} if learnt.conditions is None else learnt.conditions.arrays()
    return BundleParts(
        model=problem.contract.name,
        contract_text=problem.contract.source,
        graph=learnt.graph,
        info=learnt.info,
        reference=usual | loss_reference(test, graph.run(test.rows), quantiles) | told,
        golden=golden_rows(golden, graph.run(golden)),
        evaluation=facts,
        parity=measured.certificate,
        lineage=origin,
    )


def input_leaks(contract: Contract, frame: pl.DataFrame, problem: Problem) -> list[Leak]:
    """Look for leaks among the contract's inputs; ``column`` of a leak is the tag's name."""
    target = contract.target or "target"
    if problem.spans is not None:  # the label is what the model is to answer, not what the column holds
        labels = [problem.classes[k] for k in problem.target.tolist()] if problem.classes else problem.target
        frame = frame[problem.source].with_columns(pl.Series(target, labels))
    found = table_columns(contract, frame.columns)
    roles = {name for name in (target, contract.time, contract.asset) if name}
    # A waveform that a CSV holds as text differs in every row, and names none of them.
    tags = {
        tag: place
        for tag, place in found.places.items()
        if tag in contract.by_name and contract.by_name[tag].type is not TagType.WAVEFORM
    }
    shown = frame.select(sorted(roles))
    prefix = "tag."
    shown = shown.with_columns(*(frame.to_series(place).alias(prefix + tag) for tag, place in tags.items()))
    regression = contract.kind == "regression"
    leaks = find_leaks(shown, target, contract.time, contract.asset, regression=regression)
    named = [leak for leak in leaks if leak.column.startswith(prefix)]
    return [dataclasses.replace(leak, column=leak.column.removeprefix(prefix)) for leak in named]


def prove(
    learnt: Learnt, graph: Graph, problem: Problem, probes: Mapping[str, Rows], seed: int
) -> dict[str, object]:
    """Write the parity certificate over real rows (5,000, or all), every policy and every tree threshold."""
    rows = problem.rows
    if len(rows) > PROBED_ROWS:
        drawn = np.random.default_rng(seed).choice(len(rows), PROBED_ROWS, replace=False)
        rows = rows.take(np.sort(drawn))
    thresholds = certify_thresholds(learnt.native_features, graph, learnt.graph, rows)
    return certify(learnt.native, graph, rows, probes, thresholds=thresholds)
