"""Lay operations out as few wide ONNX nodes: what can be done side by side is one node.

A node costs about the same for one column as for fifty, so all operations of one kind and one level
(a level needs the results of the level below) are gathered, done at once, and kept as one block.
Twenty differences of tags are two Gathers and one Sub.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import spox.opset.ai.onnx.v18 as op
from spox import Var

from andamio.features.signals.writing import Signals
from andamio.features.terms import Constant, Operation, Taken, Term, operands


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result stands: a column of a block."""

    block: int
    column: int


@dataclass(slots=True)
class Blocks:
    """The results so far: blocks of shape ``(rows, width)`` float32, and the place of each term."""

    blocks: list[Var] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    places: dict[Term, Place] = field(default_factory=dict)

    def add(self, block: Var, width: int) -> int:
        """Keep a block and return its number."""
        self.blocks.append(block)
        self.widths.append(width)
        return len(self.blocks) - 1

    def select(self, places: Sequence[Place]) -> Var:
        """Return the columns at some places as one tensor, by as few nodes as it takes."""
        runs = _runs(places)
        used = list(dict.fromkeys(block for block, _ in runs))
        if len(runs) > len(used):
            offsets = dict(zip(used, np.cumsum([0, *(self.widths[b] for b in used)]).tolist(), strict=False))
            joined = op.concat([self.blocks[b] for b in used], axis=1)
            return _gather(joined, [offsets[p.block] + p.column for p in places])
        pieces = [self._run(block, columns) for block, columns in runs]
        return pieces[0] if len(pieces) == 1 else op.concat(pieces, axis=1)

    def _run(self, block: int, columns: list[int]) -> Var:
        if columns == list(range(self.widths[block])):
            return self.blocks[block]
        return _gather(self.blocks[block], columns)


def compute(terms: Sequence[Term], blocks: Blocks, signals: Signals | None = None) -> None:
    """Add the nodes that compute some terms, after which each has its place in ``blocks``.

    The columns that the terms read have their places already.
    """
    levels = _levels(terms)
    if signals is not None:
        signals.prepare(term for level in levels for term in level if isinstance(term, Taken))
    for level in levels:
        _operate([term for term in level if isinstance(term, Operation)], blocks)
        taken = [term for term in level if isinstance(term, Taken)]
        if taken and signals is not None:
            for block, held in signals.take(taken, lambda term: blocks.select([blocks.places[term]])):
                _place(block, held, blocks)


def _operate(level: Sequence[Operation], blocks: Blocks) -> None:
    groups: dict[tuple[str, tuple[bool, ...]], list[Operation]] = {}
    for operation in level:
        shape = tuple(isinstance(operand, Constant) for operand in operation.operands)
        groups.setdefault((operation.name, shape), []).append(operation)
    for (name, _), group in groups.items():
        sides = [_side(group, side, blocks) for side in range(len(group[0].operands))]
        _place(_NODES[name](*sides), group, blocks)


def _place(block: Var, held: Sequence[Term], blocks: Blocks) -> None:
    number = blocks.add(block, len(held))
    for column, term in enumerate(held):
        blocks.places[term] = Place(number, column)


def _levels(terms: Sequence[Term]) -> list[list[Term]]:
    level_of: dict[Term, int] = {}

    def level(term: Term) -> int:
        if not isinstance(term, Operation | Taken):
            return 0
        if term not in level_of:
            level_of[term] = 1 + max((level(operand) for operand in operands(term)), default=0)
        return level_of[term]

    for term in terms:
        level(term)
    levels: list[list[Term]] = [[] for _ in range(max(level_of.values(), default=0))]
    for term, number in level_of.items():
        levels[number - 1].append(term)
    return levels


def _side(group: Sequence[Operation], side: int, blocks: Blocks) -> Var:
    operands = [operation.operands[side] for operation in group]
    constants = [operand.value for operand in operands if isinstance(operand, Constant)]
    if constants:
        return op.const(np.array([constants], dtype=np.float32))
    return blocks.select([blocks.places[operand] for operand in operands])


def _runs(places: Sequence[Place]) -> list[tuple[int, list[int]]]:
    runs: list[tuple[int, list[int]]] = []
    for place in places:
        if runs and runs[-1][0] == place.block:
            runs[-1][1].append(place.column)
        else:
            runs.append((place.block, [place.column]))
    return runs


def _gather(block: Var, columns: Sequence[int]) -> Var:
    return op.gather(block, op.const(np.array(columns, dtype=np.int64)), axis=1)


def _number(truth: Var) -> Var:
    return op.cast(truth, to=np.float32)


def _exactly(function: Callable[..., Var], *operands: Var) -> Var:
    """Compute in double and round once.

    onnxruntime's float32 logarithm differs in its last bit between one row and the same row among
    many; a tree's threshold makes two answers of that. In double the difference is rounded away.
    """
    return op.cast(function(*(op.cast(operand, to=np.float64) for operand in operands)), to=np.float32)


_NODES: dict[str, Callable[..., Var]] = {
    "add": op.add,
    "sub": op.sub,
    "mul": op.mul,
    "div": op.div,
    "pow": lambda a, b: _exactly(op.pow, a, b),
    "neg": op.neg,
    "abs": op.abs,
    "sqrt": op.sqrt,
    "exp": lambda a: _exactly(op.exp, a),
    "log": lambda a: _exactly(op.log, a),
    "min": lambda a, b: op.min([a, b]),
    "max": lambda a, b: op.max([a, b]),
    "less": lambda a, b: _number(op.less(a, b)),
    "less_equal": lambda a, b: _number(op.less_or_equal(a, b)),
    "greater": lambda a, b: _number(op.greater(a, b)),
    "greater_equal": lambda a, b: _number(op.greater_or_equal(a, b)),
    "equal": lambda a, b: _number(op.equal(a, b)),
    "where": lambda c, a, b: op.where(op.cast(c, to=np.bool_), a, b),
}
