"""Split the rows of a request between the versions of a route, and merge their answers in order."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from andamio.bundles.assignment import Assignment
from andamio.contracts import Rows
from andamio.journal import PredictionRecord, prediction_record
from andamio.serving.answers import Prediction, answerer
from andamio.serving.routing.standing_in import Line, Places
from andamio.serving.routing.team import Team


@dataclass(frozen=True, slots=True)
class Routed:
    """What came of the rows of a request.

    Attributes:
        ids: The name of every prediction, in the order of the rows.
        predictions: One answer a row, in the same order.
        versions: The version that gave each answer.
        fallback: Whether somebody stood in, for each answer.
        records: What the journal is to hold: one record for each version, all of them or none.
    """

    ids: Sequence[str]
    predictions: Sequence[Prediction]
    versions: Sequence[int]
    fallback: Sequence[bool]
    records: Sequence[PredictionRecord]


class Router:
    """Scores rows by the versions of one route. Safe to share between threads.

    Args:
        team: The loaded versions.
    """

    def __init__(self, team: Team) -> None:
        self.team = team
        champion = team.champion
        stand_ins = () if team.last_good is None else (team.last_good,)
        self._champion = Line((champion, *stand_ins), champion)
        self._challenger = Line(
            (*((team.challenger,) if team.challenger is not None else ()), champion, *stand_ins), champion
        )
        self._assignment = Assignment(team.trial) if team.trial is not None else None
        self._kind = team.trial.kind if team.trial is not None else "champion"
        self._take_ids = team.ids.take
        # Versions of one route answer in the same words, or they would not have been loaded together.
        self._answers = answerer(champion.info)

    def score(self, rows: Rows, *, door: str = "http") -> Routed:
        """Answer rows that the champion's contract accepted, and name every prediction."""
        count = len(rows)
        ids = self._take_ids(count)
        now = time.time()
        found: list[Prediction | None] = [None] * count
        versions, fallback = [0] * count, [False] * count
        records = []
        for line, places, route in self._lines(rows, ids):
            for part in line.answer(rows, places):
                there = part.places.tolist()
                named = ids if len(there) == count else [ids[place] for place in there]
                answers = self._answers(named, part.outputs, part.rows.flags, recorded=True)
                for place, answer in zip(there, answers, strict=True):
                    found[place] = answer
                    versions[place] = part.scorer.version
                    fallback[place] = part.quality == "fallback"
                records.append(
                    prediction_record(
                        named,
                        now,
                        self.team.champion.model,
                        part.scorer,
                        part.rows,
                        part.outputs,
                        door=door,
                        route=route,
                        quality=part.quality,
                        keep_signals=part.scorer.keep_signals,
                    )
                )
        return Routed(ids, [one for one in found if one is not None], versions, fallback, records)

    def _lines(self, rows: Rows, ids: Sequence[str]) -> Iterator[tuple[Line, Places, str]]:
        """Yield who is to answer which rows; nobody is asked for none."""
        places = np.arange(len(rows))
        if self._assignment is None:
            yield self._champion, places, "champion"
            return
        challenged = np.array(self._challenged(rows, ids), bool)
        for line, chosen, route in (
            (self._champion, places[~challenged], "champion"),
            (self._challenger, places[challenged], self._kind),
        ):
            if len(chosen):
                yield line, chosen, route

    def _challenged(self, rows: Rows, ids: Sequence[str]) -> list[bool]:
        """Tell which rows the challenger has: by their asset, or else by the prediction's own id."""
        assignment = self._assignment
        if assignment is None:
            return [False] * len(rows)
        return [
            assignment.challenged(asset) if asset else assignment.challenged_once(name)
            for asset, name in zip(rows.assets, ids, strict=True)
        ]
