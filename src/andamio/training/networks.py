"""Train a small network over signals with PyTorch: the only file that knows it, loaded when it is asked for.

Adam with a short warm-up, normalised batches while training, and a running mean of the weights, which is what
is kept. Nothing is left to the clock or to the number of processors: the same rows and seed give the same
bits on one machine.

Source: Zhang et al., A new deep learning model for fault diagnosis with good anti-noise and domain adaptation
ability on raw vibration signals, Sensors 17 (2017), for the wide first kernel; Ioffe & Szegedy, Batch
normalization (2015); Izmailov et al., Averaging weights leads to wider optima (2018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from andamio.features import Floating, Layer, Network
from andamio.training.task import Target, Task

BATCH = 32
RATE = 3e-3
# A layer that is taken over moves this much slower than a new one.
SLOWER = 0.1
_DECAY = 0.99
_WARM_UP = 20
_SHAPES = ((16, 8), (32, 2), (32, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How to train.

    Attributes:
        names: The names of the channels.
        task: What is learnt.
        seed: Of every draw.
        steps: After how many steps a network is handed over, ascending.
        start: A network of a like machine, to begin from; None begins anew.
    """

    names: tuple[str, ...]
    task: Task
    seed: int
    steps: Sequence[int]
    start: Network | None = None


def train_networks(x: NDArray[np.float32], y: Target, course: Course) -> list[Network]:
    """Train, and return the network after each number of steps.

    Args:
        x: Samples, shape ``(rows, channels, samples)``; rows with a missing sample are passed over.
        y: Target, shape ``(rows,)``.
        course: How to train.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(course.seed)
            return list(_trained(x, y, course))
    finally:
        torch.set_num_threads(threads)


def _trained(x: NDArray[np.float32], y: Target, course: Course) -> Iterator[Network]:
    known = np.isfinite(x).all(axis=(1, 2))
    x, y = x[known], y[known]
    mean, scale = _standard(x)
    samples = torch.from_numpy((x - mean[:, None]) * scale[:, None])
    level, unit = (float(y.mean()), float(y.std()) or 1.0) if course.task.is_regression else (0.0, 1.0)
    target = _target(y, course.task, level, unit)
    net = _Net(x.shape[1], x.shape[2], course.task.width, course.start)
    mean_net = torch.optim.swa_utils.AveragedModel(net, avg_fn=_averaged, use_buffers=True)
    optimiser = torch.optim.Adam(net.groups(), weight_decay=1e-5)
    rates = [group["lr"] for group in optimiser.param_groups]
    net.train()
    for step, rows in enumerate(_batches(len(x), max(course.steps), course.seed), start=1):
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, step / _WARM_UP)
        optimiser.zero_grad()
        _loss(net(samples[rows]), target[rows], course.task).backward()
        optimiser.step()
        mean_net.update_parameters(net)
        if step in course.steps:
            layers, head, intercept = mean_net.module.parts()
            yield Network(
                signals=course.names,
                samples=x.shape[2],
                mean=mean,
                scale=scale,
                stages=Floating(layers),
                head=head * unit,
                intercept=intercept * unit + level,
                instead=np.zeros(len(head), np.float32),
            )


def _averaged(kept: Any, now: Any, count: Any) -> Any:
    decay = min(_DECAY, (1.0 + float(count)) / (10.0 + float(count)))
    return decay * kept + (1.0 - decay) * now


def _target(y: Target, task: Task, level: float, unit: float) -> Any:
    """Return the target as the loss reads it: places of classes, or numbers about zero."""
    if task.classes > 2:
        return torch.from_numpy(y.astype(np.int64))
    return torch.from_numpy(((y.astype(np.float64) - level) / unit).astype(np.float32))


def _loss(answer: Any, target: Any, task: Task) -> Any:
    if task.is_regression:
        return nn.functional.mse_loss(answer[:, 0], target)
    if task.is_binary:
        return nn.functional.binary_cross_entropy_with_logits(answer[:, 0], target)
    return nn.functional.cross_entropy(answer, target)


def _batches(rows: int, steps: int, seed: int) -> Iterator[Any]:
    """Deal the rows anew again and again; a batch of one row is never dealt."""
    draw = np.random.default_rng(seed)
    size = min(BATCH, rows)
    while steps > 0:
        order = draw.permutation(rows)
        for start in range(0, rows - size + 1, size):
            yield torch.from_numpy(order[start : start + size])
            steps -= 1
            if steps == 0:
                return


def _standard(x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    values = x.astype(np.float64)
    mean, spread = values.mean(axis=(0, 2)), values.std(axis=(0, 2))
    moving = spread > 1e-6 * np.abs(mean) + 1e-30
    return mean.astype(np.float32), np.where(moving, 1 / np.where(moving, spread, 1.0), 0.0).astype(
        np.float32
    )


def kernels(samples: int) -> list[tuple[int, int, int]]:
    """Choose channels, kernel and stride of each convolution for signals of so many samples."""
    first = int(np.clip(samples // 16, 3, 64))
    chosen: list[tuple[int, int, int]] = []
    left = samples
    for place, (channels, most) in enumerate(_SHAPES):
        kernel = min(first if place == 0 else 5 if left >= 24 else 3, left)
        stride = min(most, max(1, kernel // 8)) if place == 0 else most if left >= 24 else 1
        chosen.append((channels, kernel, stride))
        left = (left - kernel) // stride + 1
    return chosen


class _Net(nn.Module):  # type: ignore[misc]  # nothing is known of its base
    """The network while it is trained: normalised batches where it begins anew."""

    def __init__(self, channels: int, samples: int, width: int, start: Network | None) -> None:
        super().__init__()
        self.taken_over = start is not None
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        if start is None:
            inside = channels
            for out, kernel, stride in kernels(samples):
                self.convolutions.append(nn.Conv1d(inside, out, kernel, stride, bias=False))
                self.norms.append(nn.BatchNorm1d(out))
                inside = out
            self.head = nn.Linear(inside, width)
            return
        for layer in start.stages.layers:
            out, inside, kernel = layer.weights.shape
            convolution = nn.Conv1d(inside, out, kernel, layer.stride)
            _fill(convolution, layer.weights, layer.bias)
            self.convolutions.append(convolution)
            self.norms.append(nn.Identity())
        self.head = nn.Linear(start.head.shape[1], width)
        if len(start.head) == width and width > 1:
            _fill(self.head, start.head, start.intercept)

    def forward(self, x: Any) -> Any:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = nn.functional.relu(norm(convolution(x)))
        return self.head(x.mean(dim=2))

    def groups(self) -> list[dict[str, Any]]:
        """Say how fast each part learns."""
        below = [*self.convolutions.parameters(), *self.norms.parameters()]
        slow = SLOWER if self.taken_over else 1.0
        return [{"params": below, "lr": slow * RATE}, {"params": self.head.parameters(), "lr": RATE}]

    def parts(self) -> tuple[tuple[Layer, ...], NDArray[np.float64], NDArray[np.float64]]:
        """Fold what normalises into the convolutions, and give back plain numbers."""
        layers = []
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            weights = _numbers(convolution.weight)
            bias = np.zeros(len(weights)) if convolution.bias is None else _numbers(convolution.bias)
            if isinstance(norm, nn.BatchNorm1d):
                grown = _numbers(norm.weight) / np.sqrt(_numbers(norm.running_var) + norm.eps)
                bias = (bias - _numbers(norm.running_mean)) * grown + _numbers(norm.bias)
                weights = weights * grown[:, None, None]
            layers.append(
                Layer(weights.astype(np.float32), bias.astype(np.float32), int(convolution.stride[0]))
            )
        return tuple(layers), _numbers(self.head.weight), _numbers(self.head.bias)


def _numbers(tensor: Any) -> NDArray[np.float64]:
    return np.array(tensor.detach().numpy(), dtype=np.float64)


def _fill(module: Any, weights: NDArray[Any], bias: NDArray[Any]) -> None:
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(np.array(weights, dtype=np.float32)))
        module.bias.copy_(torch.from_numpy(np.array(bias, dtype=np.float32)))
