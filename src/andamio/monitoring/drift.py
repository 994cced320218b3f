"""Has the process moved? One asset's stream against the bundle's reference, in words.

What the declared context and the seasons explain is taken away before anything is compared
(``statistics.drift``). A context that history never saw gives no verdict, and says so; tags whose sensor
is in doubt are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input
from andamio.errors import Text, text
from andamio.monitoring.detector import Chart, State
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.rows import Rows
from andamio.statistics.drift import DriftReference, DriftWatch, Standing
from andamio.statistics.drift.charts import CHARTS
from andamio.statistics.drift.context import AVERAGED, SETTLED
from andamio.statistics.drift.sums import CUSUMS
from andamio.statistics.drift.tags import context_table, watched_names, watched_table
from andamio.statistics.drift.whitening import smooth

FEWEST = 50
_MATTERS = 0.25  # spreads: of a smaller offset the size is not told
_MOST_NAMED = 2
_DRAWN = 1000  # rows of the charts that a page shows
_BETTER = 1.25  # times as far: then the other tags tell it better than the usual level
_ROOM = 0.1  # of the range of averages in history
_MOSTLY = 0.5  # of the rows
# Charts of all tags together, whose finding is best told by what the others let expect.
_BY_OTHERS = ("cusum-given-others", "mewma-slow", "mewma-fast", "spe", "step-t2", "step-t2-ewma")


class DriftDetector:
    """Watches one asset's tags and predictions."""

    def __init__(self, contract: Contract, reference: DriftReference) -> None:
        """Begin before the first row."""
        self._contract = contract
        self._asset = ""
        self._names = watched_names(contract)
        self._tags = {tag.name: tag for tag in contract.numbers}
        self._watch = DriftWatch(reference)
        self._since = np.nan
        self._rows = 0
        self._drawn: deque[tuple[NDArray[np.float64], NDArray[np.float32]]] = deque()
        self._unseen = 0.0
        self._context = np.zeros(reference.context.middle.size)

    def feed(self, rows: Rows) -> None:
        """Take the next rows of the asset."""
        if not len(rows):
            return
        before = self._rows
        self._asset = self._watch.asset = rows.asset
        context = context_table(self._contract, rows.numbers, rows.categories)
        table = watched_table(self._contract, rows.numbers, rows.categories, rows.scores, rows.suspect)
        watched = self._watch.update(table, times=rows.times, context=context)
        self._rows += len(rows)
        self._draw(rows.times, watched.statistics)
        if watched.since is None:
            self._since = np.nan
        elif watched.since >= before:
            self._since = float(rows.times[watched.since - before])
        if context is not None:
            self._remember(context, before)

    def standing(self) -> Sequence[Finding]:
        """Return what is the case after the last row."""
        found = self._season()
        standing = self._watch.standing()
        if standing:
            found += self._moved(standing)
        return found

    def charts(self) -> Sequence[Chart]:
        """Return T², the squared prediction error and the largest sum of the latest rows."""
        if not self._drawn:
            return []
        times = np.concatenate([times for times, _ in self._drawn])[-_DRAWN:]
        shares = np.concatenate([shares for _, shares in self._drawn])[-_DRAWN:]
        limits = self._watch.reference.limits
        cubed = [CHARTS.index(name) for name in ("mewma-slow", "spe")]
        found = [
            Chart(name=name, times=times, values=(shares[:, i] * limits[i]) ** 3, limit=float(limits[i]) ** 3)
            for name, i in zip(("T²", "SPE"), cubed, strict=True)
        ]
        sums = shares[:, : len(CUSUMS)].max(axis=1)
        return [*found, Chart(name="CUSUM", times=times, values=sums, limit=1.0)]

    def _draw(self, times: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        """Keep the latest rows of the charts; they are for a page, and no state."""
        self._drawn.append((times[-_DRAWN:].copy(), shares[-_DRAWN:].astype(np.float32)))
        while sum(len(kept) for kept, _ in self._drawn) - len(self._drawn[0][0]) >= _DRAWN:
            self._drawn.popleft()

    def state(self) -> State:
        """Return all that must survive a restart."""
        own = np.array([self._since, float(self._rows), self._unseen])
        return {**self._watch.state(), "drift": own, "context": self._context.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a state that ``state`` returned."""
        self._watch.restore(state)
        since, rows, unseen = (float(number) for number in np.asarray(state["drift"], np.float64))
        self._since, self._rows, self._unseen = since, int(rows), unseen
        self._context = np.array(state["context"], np.float64)

    def _remember(self, context: NDArray[np.float64], before: int) -> None:
        """Average the context, and how often it is unknown land."""
        model = self._watch.reference.context
        filled = np.where(np.isfinite(context), context, model.middle).T
        last = self._context[:, None] if before else filled[:, :1]
        self._context = smooth(filled, AVERAGED, last)[1][:, 0]
        strange = model.unseen(context, len(context)).astype(np.float64)
        self._unseen = float(smooth(strange[None], AVERAGED, np.array([[self._unseen]]))[1][0, 0])

    def _moved(self, standing: Sequence[Standing]) -> list[Finding]:
        """Name the columns that moved, the furthest first."""
        named: dict[int, Standing] = {}
        for chart in standing:
            named.setdefault(chart.column, chart)
        return [self._finding(chart) for chart in list(named.values())[:_MOST_NAMED]]

    def _finding(self, chart: Standing) -> Finding:
        reference = self._watch.reference
        name = self._names[chart.column]
        is_answer = chart.column == len(self._names) - 1
        spread = float(reference.context.spread[chart.column])
        return Finding(
            kind="prediction-drift" if is_answer else "drift",
            level=Level.NOTICE if is_answer else Level.ALARM,
            tag=name,
            asset=self._asset or None,
            since=None if np.isnan(self._since) else datetime.fromtimestamp(self._since, UTC),
            cause=Cause.PROCESS,
            certainty=round(1 - 0.5 / max(chart.ratio, 1.0) ** 4, 3),
            what=self._words(chart, name, spread, is_answer=is_answer),
            fix=_fix(is_answer=is_answer),
            data={
                "chart": chart.chart,
                "ratio": round(chart.ratio, 3),
                "offset": chart.offset * spread,
                "offset_spreads": round(chart.offset, 3),
                "offset_given_others": chart.given * spread,
                "learning": reference.still_learning,
            },
        )

    def _words(self, chart: Standing, name: str, spread: float, *, is_answer: bool) -> Text:
        of_asset = text(" of {asset}", asset=self._asset) if self._asset else ""
        if is_answer:
            return text("what the model answers{of_asset} moved away from what it used to", of_asset=of_asset)
        if chart.chart == "cusum-variance":
            return text("{tag}{of_asset} varies more than it used to", tag=name, of_asset=of_asset)
        by_others = chart.chart in _BY_OTHERS and abs(chart.given) > _BETTER * abs(chart.offset)
        far = chart.given if by_others else chart.offset
        values = {
            "tag": name,
            "of_asset": of_asset,
            "move": _short(abs(far * spread)),
            "unit": _unit(self._tags.get(name)),
        }
        if abs(far) < _MATTERS:
            return text("{tag}{of_asset} has left its usual ways", tag=name, of_asset=of_asset)
        if by_others and far > 0:
            return text("{tag}{of_asset} lies {move}{unit} above what the other tags say", **values)
        if by_others:
            return text("{tag}{of_asset} lies {move}{unit} below what the other tags say", **values)
        if far > 0:
            return text("{tag}{of_asset} lies {move}{unit} above where it should be now", **values)
        return text("{tag}{of_asset} lies {move}{unit} below where it should be now", **values)

    def _season(self) -> list[Finding]:
        """State that the context has been, on average, where it never was in history."""
        if self._rows < SETTLED:
            return []
        model = self._watch.reference.context
        room = _ROOM * np.maximum(model.most - model.least, 1e-9)
        names = [tag.name for tag in self._contract.numbers if tag.name in self._contract.monitor.context]
        unknown = self._unseen > _MOSTLY
        return [
            Finding(
                kind="season",
                level=Level.NOTICE,
                tag=name,
                asset=self._asset or None,
                cause=Cause.SEASON,
                what=self._season_words(place, name, unknown=unknown),
                fix=text("if the plant works like this more often, train with such rows")
                if unknown
                else text("nothing to do: it is declared as context, and explains what follows it"),
                data={"average": float(self._context[place]), "unseen": round(self._unseen, 3)},
            )
            for place, name in enumerate(names)
            if not model.least[place] - room[place] <= self._context[place] <= model.most[place] + room[place]
        ]

    def _season_words(self, place: int, name: str, *, unknown: bool) -> Text:
        model = self._watch.reference.context
        values = {
            "tag": name,
            "value": _short(float(self._context[place])),
            "low": _short(float(model.least[place])),
            "high": _short(float(model.most[place])),
            "unit": _unit(self._tags.get(name)),
        }
        if unknown:
            return text(
                "{tag} is {value}{unit} on average, {low} to {high}{unit} in training; drift is not judged",
                **values,
            )
        return text(
            "season or load: {tag} is {value}{unit} on average, {low} to {high}{unit} in training",
            **values,
        )


def _fix(*, is_answer: bool) -> Text:
    if is_answer:
        return text(
            "compare with the truth as it arrives; with input drift beside it, train with the new rows"
        )
    return text("ask what changed in the process or in the sensor; if it stays, train with the new rows")


def _unit(tag: Input | None) -> str:
    return f" {tag.unit}" if tag is not None and tag.unit else ""


def _short(value: float) -> float:
    return float(f"{value:.2g}")
