"""What a fit, or a model brought along, hands over: one graph, and the trained model to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import GraphInfo, Outputs
from andamio.errors import Text
from andamio.features import Sister
from andamio.statistics.conditions import Conditions
from andamio.training.augmentation import Augmentation
from andamio.training.fitting import Fitted, fit
from andamio.training.judging import Answer, plain
from andamio.training.study import Progress, Step
from andamio.training.table import Problem
from andamio.training.transfer import SISTER, Transfer


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Learnt:
    """A trained model, as the library that trained it answers, and its one-file graph.

    Attributes:
        name: Which kind of model it is, for programs: "linear", "boosting", "brought".
        title: The same for people.
        graph: The ONNX file from raw tags to the answer.
        info: What its tensors mean.
        native: Answers raw rows in the model's own library; what it does not know is None.
        native_features: The same for rows of the feature matrix, shape ``(rows, features)``.
        simpler: Simpler models trained on the same rows, by name, the simplest first.
        record: Parameters, trials, found features: what the lineage tells, deterministic and plain JSON.
        standings: What was tried, the best first, as plain JSON.
        again: Learns the same from all rows, once the held-out ones have told how good it is; None where the
            model that was measured is the one that answers.
        conditions: The operating conditions in its graph; None where there are none.
    """

    name: str
    title: Text
    graph: bytes
    info: GraphInfo
    native: Answer
    native_features: Callable[[NDArray[np.float32]], Outputs]
    simpler: Mapping[str, Answer] = field(default_factory=dict)
    record: Mapping[str, object] = field(default_factory=dict)
    standings: tuple[object, ...] = ()
    again: Callable[[Problem], Learnt] | None = None
    conditions: Conditions | None = None


class Learn(Protocol):
    """Learn from the training part of a problem."""

    def __call__(
        self,
        problem: Problem,
        *,
        excluded: frozenset[str],
        budget_s: float,
        trials: int | None,
        seed: int,
        progress: Progress,
        only: frozenset[str] = frozenset(),
        sister: Sister | None = None,
    ) -> Learnt:
        """Learn within a budget in seconds, or in exactly ``trials`` trials; see ``fitting.fit``."""


def learn(
    problem: Problem,
    *,
    excluded: frozenset[str],
    budget_s: float,
    trials: int | None,
    seed: int,
    progress: Progress,
    only: frozenset[str] = frozenset(),
    sister: Sister | None = None,
) -> Learnt:
    """Fit the best model that the budget finds; see ``fitting.fit``."""
    fitted = fit(
        problem,
        excluded=excluded,
        budget_s=budget_s,
        trials=trials,
        seed=seed,
        progress=progress,
        only=only,
        sister=sister,
    )
    chosen = next(standing for standing in fitted.leaderboard if standing.chosen)
    return Learnt(
        name=chosen.family,
        title=chosen.title,
        graph=fitted.graph,
        info=fitted.info,
        native=fitted.native,
        native_features=fitted.native.answer,
        simpler=_simpler(fitted, chosen.family),
        record={
            "params": fitted.params,
            "trials": fitted.trials,
            **_suggested(fitted),
            **_conditions(fitted.plan.conditions),
            "found": [
                {"name": f.feature.name, "expression": f.feature.expression, "share": f.share}
                for f in fitted.found
                if f.feature != SISTER
            ],
            **({} if fitted.transfer is None else {"transfer": _told(fitted.transfer)}),
            **({} if fitted.augmentation is None else {"augmentation": _told(fitted.augmentation)}),
            **({} if fitted.pruned is None else {"pruned": fitted.pruned.facts()}),
        },
        standings=tuple(
            plain({name: getattr(standing, name) for name in standing.__slots__})
            for standing in fitted.leaderboard
        ),
        conditions=fitted.plan.conditions,
    )


def _told(offered: Transfer | Augmentation) -> dict[str, object]:
    told = {name: getattr(offered, name) for name in offered.__slots__}
    return {**told, "sentence": plain(offered.sentence)}


def say_step(progress: Progress, sentence: Text) -> None:
    """Tell a step that has no known length."""
    progress(Step(sentence, 0.0, 0.0))


def _suggested(fitted: Fitted) -> dict[str, object]:
    """Tell the features over signals that the contract left to training."""
    found = {one.feature.name for one in fitted.found}
    named = [feature for feature in fitted.plan.found if feature.name not in found]
    told = [{"name": feature.name, "expression": feature.expression} for feature in named]
    return {"suggested": told} if told else {}


def _conditions(found: Conditions | None) -> dict[str, object]:
    """Tell the operating conditions that were found."""
    if found is None:
        return {}
    centres = [[float(f"{value:.6g}") for value in centre] for centre in found.centres.tolist()]
    return {"conditions": {"tags": list(found.tags), "centres": centres}}


def _simpler(fitted: Fitted, chosen: str) -> dict[str, Answer]:
    simpler: dict[str, Answer] = {"dummy": fitted.dummy}
    if chosen not in ("dummy", "linear"):
        simpler["linear"] = fitted.simplest
    return simpler
