"""Ask what a little sensor noise does to the answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from andamio.bundles import Outputs
from andamio.contracts.contract import TagType
from andamio.contracts.rows import Rows
from andamio.training.judging import Answer, measure
from andamio.training.table import Problem

LEVEL = 0.01
DRAWS = 5


def under_noise(
    problem: Problem, outputs: Outputs, answer: Answer, spread: NDArray[np.float64], level: float, seed: int
) -> Mapping[str, float]:
    """Measure the answers when every numeric tag and every sample of a signal carries normal noise.

    Args:
        problem: The held-out rows.
        outputs: Their answers without noise.
        answer: Answers rows through the graph.
        spread: Standard deviation of every numeric tag in training, shape ``(numbers,)``. A signal's is
            that of its samples in ``problem``.
        level: Standard deviation of the noise, as a share of ``spread``.
        seed: Of the noise.

    Returns:
        Every metric, the mean over five draws, and how much the answers moved: ``flips``, the share of
        decisions that changed (classification), or ``shift``, the root mean square change over the target's
        standard deviation (regression).
    """
    rng = np.random.default_rng(seed)
    measured: list[dict[str, float]] = []
    for _ in range(DRAWS):
        shaken = answer(_shake_signals(problem, shake(problem, spread * level, rng), level, rng))
        measured.append(dict(measure(problem, shaken)) | moved(problem, outputs, shaken))
    return {name: float(np.mean([one[name] for one in measured])) for name in measured[0]}


def shake(problem: Problem, deviation: NDArray[np.float64], rng: np.random.Generator) -> Rows:
    """Add normal noise to the measured tags; what was in range stays in range, whole numbers stay whole."""
    numbers = problem.rows.numbers
    noisy = numbers + (rng.standard_normal(numbers.shape) * deviation).astype(np.float32)
    for j, declared in enumerate(problem.contract.numbers):
        if declared.type is TagType.BOOLEAN:
            noisy[:, j] = numbers[:, j]
            continue
        if declared.type is TagType.INTEGER:
            noisy[:, j] = np.round(noisy[:, j])
        if declared.range is not None:
            low, high = (np.float32(end) for end in declared.range)
            inside = (numbers[:, j] >= low) & (numbers[:, j] <= high)
            noisy[inside, j] = np.clip(noisy[inside, j], low, high)
    return structs.replace(problem.rows, numbers=noisy)


def _shake_signals(problem: Problem, rows: Rows, level: float, rng: np.random.Generator) -> Rows:
    if rows.signals is None:
        return rows
    signals = rows.signals.copy()
    for signal in problem.contract.signals:
        samples = signals[:, signal.columns]
        spread = level * float(np.nanstd(samples, dtype=np.float64))
        signals[:, signal.columns] = samples + (rng.standard_normal(samples.shape) * spread).astype(
            np.float32
        )
    return structs.replace(rows, signals=signals)


def moved(problem: Problem, before: Outputs, after: Outputs) -> dict[str, float]:
    """Measure how much answers moved: ``flips`` of decisions, or ``shift`` of values."""
    if before.decision is not None and after.decision is not None:
        return {"flips": float(np.mean(before.decision != after.decision))}
    if before.value is None or after.value is None:
        raise TypeError("a graph answers a decision or a value")
    change = after.value.astype(np.float64) - before.value.astype(np.float64)
    spread = float(np.std(problem.target))
    return {"shift": float(np.sqrt(np.mean(change**2))) / spread if spread > 0 else float("nan")}
