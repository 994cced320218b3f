"""Has the process moved? One asset's stream against the bundle's reference, in words.

What the declared context and the seasons explain is taken away before anything is compared
(``statistics.drift``). A context that history never saw gives no verdict, and says so; tags whose sensor
is in doubt are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input
from andamio.errors import Text, text
from andamio.monitoring.detector import State
from andamio.monitoring.findings import Cause, Finding, Level
from andamio.monitoring.rows import Rows
from andamio.statistics.drift import DriftReference, DriftWatch, Standing
from andamio.statistics.drift.tags import context_table, watched_names, watched_table
from andamio.statistics.drift.whitening import smooth

FEWEST = 50
_MATTERS = 0.25  # spreads: a smaller recent offset is not named on its own
_MOST_NAMED = 4
_MEMORY = 0.02  # of the average of the context, a row
_EDGE = 0.85  # of the range of history
_RELATION = ("spe", "step-t2", "step-t2-ewma")


class DriftDetector:
    """Watches one asset's tags and predictions."""

    def __init__(self, contract: Contract, reference: DriftReference, asset: str = "") -> None:
        """Begin before the first row."""
        self._contract = contract
        self._asset = asset
        self._names = watched_names(contract)
        self._tags = {tag.name: tag for tag in contract.numbers}
        self._watch = DriftWatch(reference, asset=asset)
        self._since = np.nan
        self._rows = 0
        self._unseen = 0.0
        self._near = np.zeros(reference.context.middle.size)

    def feed(self, rows: Rows) -> None:
        """Take the next rows of the asset."""
        if not len(rows):
            return
        before = self._rows
        context = context_table(self._contract, rows.numbers, rows.categories)
        table = watched_table(self._contract, rows.numbers, rows.categories, rows.scores, rows.suspect)
        watched = self._watch.update(table, times=rows.times, context=context)
        self._rows += len(rows)
        if watched.since is None:
            self._since = np.nan
        elif watched.since >= before:
            self._since = float(rows.times[watched.since - before])
        if context is not None:
            self._remember(context)

    def standing(self) -> Sequence[Finding]:
        """Return what is the case after the last row."""
        found = self._season()
        standing = self._watch.standing()
        if standing:
            found += self._moved(standing)
        return found

    def state(self) -> State:
        """Return all that must survive a restart."""
        own = np.array([self._since, float(self._rows), self._unseen])
        return {**self._watch.state(), "drift": own, "near": self._near.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Continue from a state that ``state`` returned."""
        self._watch.restore(state)
        since, rows, unseen = (float(number) for number in np.asarray(state["drift"], np.float64))
        self._since, self._rows, self._unseen = since, int(rows), unseen
        self._near = np.array(state["near"], np.float64)

    def _remember(self, context: NDArray[np.float64]) -> None:
        """Average where the context lies, and how often that is unknown land."""
        model = self._watch.reference.context
        near = np.nan_to_num(model.near(context))
        self._near = smooth(near.T, _MEMORY, self._near[:, None])[1][:, 0]
        strange = model.unseen(context, len(context)).astype(np.float64)
        self._unseen = float(smooth(strange[None], _MEMORY, np.array([[self._unseen]]))[1][0, 0])

    def _moved(self, standing: Sequence[Standing]) -> list[Finding]:
        """Name the columns that moved, the furthest first, or the relation between them."""
        offsets = self._watch.offsets()
        named: dict[int, Standing] = {}
        for chart in standing:
            named.setdefault(chart.column, chart)
        findings = [self._finding(chart, offsets) for chart in list(named.values())[:_MOST_NAMED]]
        return [finding for finding in findings if finding is not None]

    def _finding(self, chart: Standing, offsets: NDArray[np.float64]) -> Finding:
        reference = self._watch.reference
        name, offset = self._names[chart.column], float(offsets[chart.column])
        is_answer = chart.column == len(self._names) - 1
        move = offset * float(reference.context.spread[chart.column])
        return Finding(
            kind="prediction-drift" if is_answer else "drift",
            level=Level.NOTICE if is_answer else Level.ALARM,
            tag=name,
            asset=self._asset or None,
            since=None if np.isnan(self._since) else datetime.fromtimestamp(self._since, UTC),
            cause=Cause.PROCESS,
            certainty=round(1 - 0.5 / max(chart.ratio, 1.0) ** 4, 3),
            what=self._words(chart, name, move, offset, is_answer),
            fix=_fix(is_answer),
            data={
                "chart": chart.chart,
                "ratio": round(chart.ratio, 3),
                "offset_spreads": round(offset, 3),
                "offset": move,
                "learning": reference.still_learning,
            },
        )

    def _words(self, chart: Standing, name: str, move: float, offset: float, is_answer: bool) -> Text:
        of_asset = text(" of {asset}", asset=self._asset) if self._asset else ""
        if is_answer:
            return text(
                "what the model answers{of_asset} moved: {times} times its usual spread",
                of_asset=of_asset,
                times=_short(offset),
            )
        values = {
            "tag": name,
            "of_asset": of_asset,
            "move": _short(abs(move)),
            "unit": _unit(self._tags.get(name)),
            "times": _short(abs(offset)),
        }
        if chart.chart == "cusum-variance":
            return text("{tag}{of_asset} varies more than it used to", tag=name, of_asset=of_asset)
        if chart.chart in _RELATION and abs(offset) < 1:
            return text(
                "{tag}{of_asset} no longer follows the other tags as it did", tag=name, of_asset=of_asset
            )
        if abs(offset) < _MATTERS:
            return text("{tag}{of_asset} has left its usual level slowly", tag=name, of_asset=of_asset)
        if move >= 0:
            return text(
                "{tag}{of_asset} lies {move}{unit} above where it should be now ({times} times its spread)",
                **values,
            )
        return text(
            "{tag}{of_asset} lies {move}{unit} below where it should be now ({times} times its spread)",
            **values,
        )

    def _season(self) -> list[Finding]:
        """State that the context lies at or beyond the ends of what history saw."""
        names = [tag.name for tag in self._contract.numbers if tag.name in self._contract.monitor.context]
        found = []
        for place, name in enumerate(names):
            near = float(self._near[place])
            if abs(near) < _EDGE:
                continue
            unknown = self._unseen > _EDGE / 2
            found.append(
                Finding(
                    kind="season",
                    level=Level.NOTICE,
                    tag=name,
                    asset=self._asset or None,
                    cause=Cause.SEASON,
                    what=self._season_words(place, name, near, unknown=unknown),
                    fix=text("if the plant works like this more often, train with such rows")
                    if unknown
                    else text("nothing to do: it is declared as context, and explains what follows it"),
                    data={"place": round(near, 3), "unseen": round(self._unseen, 3)},
                )
            )
        return found

    def _season_words(self, place: int, name: str, near: float, *, unknown: bool) -> Text:
        model = self._watch.reference.context
        middle, half = float(model.middle[place]), float(model.half[place])
        values = {
            "tag": name,
            "value": _short(middle + near * half),
            "low": _short(middle - half),
            "high": _short(middle + half),
            "unit": _unit(self._tags.get(name)),
        }
        if unknown:
            return text(
                "{tag} is about {value}{unit}, and training saw {low} to {high}{unit}: drift is not judged",
                **values,
            )
        return text(
            "season or load: {tag} is about {value}{unit}; training saw {low} to {high}{unit}",
            **values,
        )


def _fix(is_answer: bool) -> Text:
    if is_answer:
        return text(
            "compare with the truth as it arrives; with input drift beside it, train with the new rows"
        )
    return text("ask what changed in the process or in the sensor; if it stays, train with the new rows")


def _unit(tag: Input | None) -> str:
    return f" {tag.unit}" if tag is not None and tag.unit else ""


def _short(value: float) -> float:
    return float(f"{value:.2g}")
