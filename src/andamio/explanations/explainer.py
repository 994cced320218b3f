"""Explain rows with one version of a model: from its bundle and its loaded graph, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from andamio.bundles import Bundle, Graph
from andamio.contracts import Input, Rows, Signal, TagType
from andamio.errors import NotExplainable, text
from andamio.explanations.background import Background, background_of
from andamio.explanations.coalitions import Aim, Coalitions
from andamio.explanations.inside import Inside, look_inside
from andamio.explanations.levelling import Asked, LevelledGraph
from andamio.explanations.shapley import Shares, exact_shares, sampled_shares
from andamio.explanations.usual import Usual, usual_values
from andamio.kernel.digests import sha256
from andamio.statistics.conditions import Conditions

_MOST_EXACT = 16


@dataclass(frozen=True, slots=True)
class Effort:
    """How much an explanation may cost.

    Attributes:
        graph_rows: Rows that the graph may be asked; all coalitions where they are no more than this.
        seconds: When to stop; what is there by then counts. The least is one piece.
        piece: About how many rows the graph is asked at once.
    """

    graph_rows: int = 131_072
    seconds: float = 20.0
    piece: int = 2048


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one tag added to a prediction, or took from it.

    Attributes:
        tag: Its declaration in the contract.
        value: Its value in the row: a number, a text, or None where it was missing; the rms of a waveform.
        amount: The contribution, in the unit of what is explained.
        error: Its standard error from sampling; None when it was not measured.
        usual: What is usual for the tag.
    """

    tag: Input
    value: float | str | None
    amount: float
    error: float | None
    usual: Usual


@dataclass(frozen=True, slots=True)
class Explanation:
    """The contributions of every tag, the largest first. ``base`` and they add up to ``value``.

    Attributes:
        label: The class whose chance is explained; None where it is a number.
        unit: The unit of that number, where the contract names one.
        value: The prediction, as the graph gives it now.
        base: The mean prediction over the background rows that were used.
        contributions: One for every tag.
        shares: How it was calculated.
        source: Where the background rows come from.
    """

    label: str | None
    unit: str | None
    value: float
    base: float
    contributions: Sequence[Contribution]
    shares: Shares
    source: str


class Explainer:
    """Explains rows of one version. Safe to share between threads.

    Args:
        bundle: The verified bundle.
        graph: Its graph, loaded.
    """

    def __init__(self, bundle: Bundle, graph: Graph) -> None:
        self._contract = bundle.contract
        self._info = bundle.info
        self._graph = graph
        self._background: Background | None = background_of(bundle)
        conditions = Conditions.of_arrays(bundle.reference())
        self._levelled = None if conditions is None else LevelledGraph(graph, conditions)
        self._usual = usual_values(bundle.contract, bundle.reference())
        self._named = f"{bundle.model} {bundle.digest[:12]}"

    def explain(self, row: Rows, name: str, effort: Effort) -> Explanation:
        """Explain one row.

        The same name gives the same explanation, unless the time was up before everything was done.

        Args:
            row: One row that the contract accepted.
            name: The prediction's id.
            effort: What it may cost.

        Raises:
            NotExplainable: The bundle holds no rows to compare with.
        """
        background = self._background
        if background is None:
            raise NotExplainable(
                text("this version cannot explain its predictions"),
                where=text("{bundle}", bundle=self._named),
                why=text("its bundle holds no rows to compare a prediction with"),
                fix=text("train or bring the model again with this release; the new version can explain"),
            )
        outputs = self._graph.run(row, features=False)
        aim = Aim.of(self._info, None if outputs.decision is None else int(outputs.decision[0]))
        game = Coalitions(*self._told(row, background.rows), aim)
        shares = _shares(game, len(background.rows), name, effort)
        return Explanation(
            aim.label,
            self._contract.output.unit if aim.label is None else None,
            float(aim.read(outputs)[0]),
            shares.base,
            self._contributions(row, shares),
            shares,
            background.source,
        )

    def inside(self, row: Rows, explanation: Explanation, *, most: int = 2) -> list[Inside]:
        """Look inside the signals that changed an explained row's answer most: which time, which band.

        Args:
            row: The row.
            explanation: What ``explain`` found for it.
            most: How many signals.
        """
        if self._background is None:
            return []
        aim = Aim.of(self._info, None)
        if explanation.label is not None:
            aim = Aim(explanation.label, self._info.classes.index(explanation.label))
        signals = {signal.tag: signal for signal in self._contract.signals}
        chosen = [signals[one.tag.name] for one in explanation.contributions if one.tag.name in signals]
        graph, told, others = self._told(row, self._background.rows)
        return [
            inside for signal in chosen[:most] for inside in look_inside(graph, told, others, aim, signal)
        ]

    def _told(self, row: Rows, background: Rows) -> tuple[Asked, Rows, Rows]:
        """Return what answers rows whose tags are exchanged, and the rows to exchange them of."""
        levelled = self._levelled
        if levelled is None:
            return self._graph, row, background
        return levelled, levelled.level(row), levelled.level(background)

    def _contributions(self, row: Rows, shares: Shares) -> list[Contribution]:
        waves = [one for one in self._contract.signals if one.name not in self._info.numbers]
        tags = [*self._contract.numbers, *self._contract.categories]
        tags += [self._contract.by_name[one.tag] for one in waves]
        values = [*map(_number, self._contract.numbers, row.numbers[0].tolist()), *row.categories[0].tolist()]
        values += [_rms(one, row) for one in waves]
        errors = [None] * len(tags) if shares.error is None else shares.error.tolist()
        found = [
            Contribution(
                tag, None if value == "" else value, amount, error, self._usual.get(tag.name, Usual())
            )
            for tag, value, amount, error in zip(tags, values, shares.parts.tolist(), errors, strict=True)
        ]
        return sorted(found, key=lambda one: -abs(one.amount) if np.isfinite(one.amount) else 0.0)


def _shares(game: Coalitions, background: int, name: str, effort: Effort) -> Shares:
    players = game.players
    until = monotonic() + effort.seconds

    def go_on() -> bool:
        return monotonic() < until

    if players <= _MOST_EXACT and background * 2**players <= effort.graph_rows:
        return exact_shares(game, players, background, piece=effort.piece, go_on=go_on)
    round_rows = 2 * players
    used = max(1, min(background, effort.graph_rows // round_rows))
    rounds = max(1, effort.graph_rows // (used * round_rows))
    rng = np.random.default_rng(int(sha256(name.encode())[:16], 16))
    return sampled_shares(game, players, used, rng, rounds=rounds, piece=effort.piece, go_on=go_on)


def _rms(signal: Signal, row: Rows) -> float | None:
    """Return the root mean square of a waveform; None where it lacks samples."""
    if row.signals is None:
        return None
    level = float(np.sqrt(np.mean(np.square(row.signals[0, signal.columns], dtype=np.float64))))
    return None if np.isnan(level) else float(f"{level:.4g}")


def _number(tag: Input, value: float) -> float | str | None:
    """Return a number as it is told: a truth value as a word, None where it is missing."""
    if np.isnan(value):
        return None
    if tag.type is TagType.BOOLEAN:
        return "true" if value else "false"
    return int(value) if tag.type is TagType.INTEGER and value.is_integer() else float(f"{value:.7g}")
