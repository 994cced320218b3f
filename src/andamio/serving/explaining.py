"""``?explain=true`` at the native address: the same answer, and for each prediction why.

    {"id": "68f0…-1", "label": "failure", …, "explanation": {"value": 0.91, "base": 0.08, "contributions": [
        {"tag": "bearing_temp", "contribution": 0.61, "words": "+61 % because bearing_temp is 91 °C, …"}, …]}}

The answer comes from the door that answers everybody; the explanation is calculated afterwards, on a thread
of its own, in small pieces and for a limited time, so that other requests are answered meanwhile. Where there
can be none, ``explanation`` is null and ``unexplained`` says why.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import msgspec
import numpy as np

from andamio.contracts import Rows
from andamio.errors import AndamioError, BodyRefused, BodyTooLarge, Overloaded, RowsRejected, Text, text
from andamio.explanations import Effort, explanation_data
from andamio.language import say
from andamio.language.speech import speak
from andamio.serving.dialects.asking import JSON, Call, Reply, check_type
from andamio.serving.doors import PostDoor
from andamio.serving.limits import Limits
from andamio.serving.requested_language import requested_language
from andamio.serving.routes import Place
from andamio.serving.routing import Team
from andamio.serving.scorer import Scorer

_log = logging.getLogger("andamio.serving")
_YES, _NO = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
PIECE = 256


class Explaining:
    """The desk at which one process explains: one thread, and few requests at a time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._taken = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="explain")

    def places(
        self, model: str, door: PostDoor, scorer: Scorer, team: Team | None
    ) -> Callable[[bytes], Place | None]:
        """Return what chooses a place by a query string: None for a plain request."""
        members = [scorer] if team is None else list(team.members())
        speaker = ExplainingSpeaker(door, scorer, {one.version: one for one in members}, self)
        explained, unclear = (
            Place("explain", model, speaker=speaker),
            Place("explain", model, speaker=_Unclear()),
        )

        def asked(query: bytes) -> Place | None:
            said = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("explain")
            if said is None:
                return None
            word = said[-1].lower()
            return explained if word in _YES else None if word in _NO else unclear

        return asked

    async def run(self, work: Callable[[], Any]) -> Any:
        """Do some work beside the event loop, in the language of whoever asks."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, copy_context().run, work)

    def __enter__(self) -> None:
        """Take a request, or refuse it before anything of it is done.

        Raises:
            Overloaded: Enough are being explained.
        """
        if self._taken >= self.limits.explaining:
            raise Overloaded(
                text("{cap} requests are being explained at this moment, which is the cap", cap=self._taken),
                fix=text("send it again after a second, or without explain=true; it was not answered"),
            )
        self._taken += 1

    def __exit__(self, *_: object) -> None:
        """Have done with a request."""
        self._taken -= 1


class ExplainingSpeaker:
    """Answers and explains the rows of one model.

    Args:
        door: Who answers.
        champion: Whose contract decodes the rows.
        scorers: The versions that may answer, by number.
        desk: Where it is calculated.
    """

    def __init__(
        self, door: PostDoor, champion: Scorer, scorers: Mapping[int, Scorer], desk: Explaining
    ) -> None:
        self._door = door
        self._champion = champion
        self._scorers = scorers
        self._desk = desk

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take JSON only."""
        check_type(headers, (JSON,))

    async def reply(self, call: Call) -> Reply:
        """Answer one request; its record is committed before its explanation is begun."""
        with self._desk, speak(requested_language(call.headers.items())):
            rows = await self._rows(call.body)
            answered = await self._door.answer(
                call.body
            )  # it refuses, and records, what the contract refuses
            if rows is None:
                return Reply(answered)
            return Reply(await self._desk.run(lambda: self._explained(answered, rows)))

    async def _rows(self, body: bytes) -> Rows | None:
        """Read the rows; None when the contract refuses them, which the door records and says."""
        limits, decode = self._desk.limits, self._champion.decode
        try:
            small = len(body) <= limits.inline_bytes
            rows: Rows = decode(body) if small else await self._desk.run(lambda: decode(body))
        except RowsRejected:
            return None
        if len(rows) > limits.explained_rows:
            raise BodyTooLarge(
                text(
                    "{rows} rows came to be explained and the cap is {cap}",
                    rows=len(rows),
                    cap=limits.explained_rows,
                ),
                why=text("an explanation asks the model thousands of times"),
                fix=text("send fewer rows, or none with explain=true and later: andamio explain ID"),
            )
        return rows

    def _explained(self, answered: bytes, rows: Rows) -> bytes:
        answer = msgspec.json.decode(answered)
        until = monotonic() + self._desk.limits.explaining_s
        predictions = answer["predictions"]
        for place, prediction in enumerate(predictions):
            left = len(predictions) - place
            effort = Effort(self._desk.limits.explaining_rows, max(0.0, (until - monotonic()) / left), PIECE)
            row = rows.take(np.array([place], np.intp))
            version = prediction.get("version", answer["version"])
            prediction.update(self._one(row, prediction, version, effort))
        return msgspec.json.encode(answer)

    def _one(self, row: Rows, prediction: Mapping[str, Any], version: int, effort: Effort) -> dict[str, Any]:
        if self._ruled(prediction):
            return _none(text("the contract's fixed rule answered, not the model"))
        try:
            explanation = self._scorers[version].explainer.explain(row, prediction["id"], effort)
        except AndamioError as error:
            return _none(error.why or error.what)
        except Exception as failure:  # noqa: BLE001  onnxruntime's exceptions share no root of their own
            _log.warning("%s@%s could not explain: %s", self._champion.model, version, failure)
            return _none(text("the model failed while it was being explained; the log has the details"))
        return {"explanation": explanation_data(explanation)}

    def _ruled(self, prediction: Mapping[str, Any]) -> bool:
        """Tell whether the contract's fixed rule gave an answer: it alone is always certain."""
        fallback = self._champion.contract.fallback
        has_rule = fallback is not None and fallback.rule is not None
        stood_in = prediction.get("quality") == "fallback"
        return has_rule and stood_in and prediction.get("probability") in (0.0, 1.0)


class _Unclear:
    """Answers where nobody can tell whether an explanation is asked for."""

    def check(self, headers: Mapping[bytes, bytes]) -> None:  # noqa: ARG002  Speaker names it
        raise BodyRefused(
            text("explain is neither true nor false in this address"),
            fix=text("ask for an explanation with ?explain=true, or leave it out"),
        )

    async def reply(self, call: Call) -> Reply:
        self.check(call.headers)
        raise AssertionError


def _none(why: Text) -> dict[str, Any]:
    return {"explanation": None, "unexplained": say(why)}
