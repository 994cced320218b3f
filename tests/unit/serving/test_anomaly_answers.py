from __future__ import annotations

import msgspec
import numpy as np

from andamio.bundles import GraphInfo, Outputs
from andamio.serving.answers import answer_columns, answerer
from andamio.serving.dialects.answer_columns import answer_columns as dialect_columns
from andamio.serving.dialects.answer_columns import answer_forms

INFO = GraphInfo(kind="anomaly", numbers=("temp",), classes=("normal", "anomaly"), positive=1)
OUTPUTS = Outputs(
    value=np.array([0.25, 2.0], np.float32),
    decision=np.array([0, 1]),
    health=np.array([99.5, 6.0], np.float32),
)


def test_an_anomaly_is_answered_by_label_decision_score_and_health():
    answers = answerer(INFO)(["a", "b"], OUTPUTS, [(), ("temp:imputed",)], recorded=True)
    assert msgspec.to_builtins(answers[1]) == {
        "id": "b",
        "label": "anomaly",
        "decision": True,
        "score": 2.0,
        "health": 6.0,
        "flags": ("temp:imputed",),
        "recorded": True,
    }


def test_files_and_dialects_have_the_columns_that_are_foretold():
    foretold = [name for name, _ in answer_forms(INFO)]
    assert list(answer_columns(INFO, ["a", "b"], OUTPUTS, [(), ()])) == foretold
    answers = answerer(INFO)(["a", "b"], OUTPUTS, [(), ()], recorded=True)
    assert [column.name for column in dialect_columns(answers)] == foretold
