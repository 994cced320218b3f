"""Tell an explanation to a program: numbers beside the sentences that a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from andamio.explanations.explainer import Contribution, Explanation
from andamio.explanations.inside import Inside
from andamio.explanations.wording import worded


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain values, its sentences in the language of the moment."""
    shares = explanation.shares
    words = worded(explanation).sentences()
    return {
        "of": "value" if explanation.label is None else "probability",
        "label": explanation.label,
        "unit": explanation.unit,
        "value": explanation.value,
        "base": explanation.base,
        "contributions": [
            _contribution(one, sentence)
            for one, sentence in zip(explanation.contributions, words, strict=True)
        ],
        "method": {
            "name": "all coalitions" if shares.exact else "sampled orders",
            "background": explanation.source,
            "background_rows": shares.background,
            "graph_rows": shares.asked,
            "cut": shares.cut,
        },
    }


def inside_data(found: Sequence[Inside]) -> list[dict[str, Any]]:
    """Return what lies inside signals as plain values."""
    return [
        {
            "tag": one.tag,
            "axis": one.axis,
            "parts": [{"from": part.low, "to": part.high, "contribution": part.amount} for part in one.parts],
        }
        for one in found
    ]


def _contribution(one: Contribution, sentence: str) -> Mapping[str, Any]:
    usual = one.usual
    return {
        "tag": one.tag.name,
        "value": one.value,
        "unit": one.tag.unit,
        "usual": None if usual.low is None or usual.high is None else [_short(usual.low), _short(usual.high)],
        "contribution": one.amount,
        "error": one.error,
        "words": sentence,
    }


def _short(value: float) -> float:
    """Leave out the digits that float32 does not have."""
    return float(f"{value:.7g}")
