"""What the Open Inference Protocol shows of the process and of its models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from andamio import __version__
from andamio.contracts import Input, TagType
from andamio.errors import AndamioError
from andamio.language import say
from andamio.serving.dialects.answer_columns import answer_forms
from andamio.serving.dialects.asking import Call, Reply
from andamio.serving.dialects.tensors import ANSWERED
from andamio.serving.doors import Page
from andamio.serving.scorer import Scorer

_DATATYPES = {TagType.CATEGORY: "BYTES", TagType.BOOLEAN: "BOOL", TagType.INTEGER: "INT64"}


class ServerPage:
    """``/v2``: who answers, and which extensions it speaks."""

    def page(self) -> Page:
        """Say so."""
        extensions = ["binary_tensor_data", "model_repository"]
        return _json({"name": "andamio", "version": __version__, "extensions": extensions})


class StatePage:
    """A page of one fixed statement."""

    def __init__(self, **statement: object) -> None:
        self._page = _json(statement)

    def page(self) -> Page:
        """State it."""
        return self._page


class MetadataPage:
    """``/v2/models/{model}``: the tensors of a model, one input a tag."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    def page(self) -> Page:
        """Describe the model."""
        scorer = self._scorer
        return _json(
            {
                "name": scorer.model,
                "versions": [str(scorer.version)],
                "platform": "onnxruntime_onnx",
                "inputs": [_input(declared) for declared in scorer.contract.inputs],
                "outputs": [
                    {"name": name, "datatype": ANSWERED[form], "shape": [-1]}
                    for name, form in answer_forms(scorer.info)
                    if name not in ("lower", "upper") or scorer.info.coverage is not None
                ],
            }
        )


class RepositorySpeaker:
    """``/v2/repository/index``: which models answer, and which could not be loaded and why."""

    def __init__(self, scorers: Mapping[str, Scorer], errors: Mapping[str, AndamioError]) -> None:
        self._scorers = scorers
        self._errors = errors

    def check(self, headers: Mapping[bytes, bytes]) -> None:
        """Take anything: the body changes nothing."""

    async def reply(self, call: Call) -> Reply:
        """List the models; ``{"ready": true}`` asks for those that answer only."""
        try:
            asked = msgspec.json.decode(call.body or b"{}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asked = {}
        ready = isinstance(asked, dict) and asked.get("ready") is True
        return Reply(_json([m for m in self._models() if not ready or m["state"] == "READY"]).content)

    def _models(self) -> Iterator[dict[str, str]]:
        for name, scorer in sorted(self._scorers.items()):
            yield {"name": name, "version": str(scorer.version), "state": "READY", "reason": ""}
        for name, error in sorted(self._errors.items()):
            if name and name not in self._scorers:
                reason = say(error.what)
                yield {"name": name, "version": "", "state": "UNAVAILABLE", "reason": reason}


def _input(declared: Input) -> dict[str, object]:
    return {"name": declared.name, "datatype": _DATATYPES.get(declared.type, "FP64"), "shape": [-1]}


def _json(value: object) -> Page:
    return Page(msgspec.json.encode(value))
