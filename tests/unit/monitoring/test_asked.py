"""What labels tell that were asked for, where half of them were picked because the model was unsure."""

from __future__ import annotations

import types

import numpy as np

from andamio.bundles import GraphInfo
from andamio.journal import Judged, TruthRecord
from andamio.language import say
from andamio.monitoring.labelling import asked_for

CLASSES = GraphInfo(kind="classification", features=(), classes=("0", "1"), positive=1, threshold=0.5)
NUMBER = GraphInfo(kind="regression", features=())


def _judged(source, decision=None, value=None, truth="0"):
    prediction = types.SimpleNamespace(decision=decision, value=value)
    return Judged(prediction, TruthRecord(time=0.0, model="m", value=truth, prediction="p", source=source))


def test_wrong_answers_count_as_often_as_their_rows_stand_for_rows():
    # Of 1,000 rows 100 are doubtful, and half of these are answered wrongly: 5 % of all.
    sure = [_judged("label:random:50", 0)] * 18
    doubtful = [_judged("label:unsure:5", 1 if place % 2 else 0) for place in range(20)]
    told = asked_for([*sure, *doubtful, _judged("http", 1)], CLASSES)
    assert (told.labels, told.at_random) == (38, 18)
    assert np.isclose(told.loss.value, 0.05)
    assert told.loss.low < 0.05 < told.loss.high < 0.3
    counted, of_all = map(say, told.sentences)
    assert "38" in counted
    assert "0.05" in of_all


def test_of_a_number_the_error_is_told():
    told = asked_for(
        [_judged("label:random:3", value=2.0, truth=5.0), _judged("label:rare:1", value=1.0, truth=0)], NUMBER
    )
    assert not told.is_share
    assert np.isclose(told.loss.value, (3 * 3 + 1 * 1) / 4)
    assert "off by 2.5" in say(told.sentences[1])


def test_labels_that_no_answer_can_be_held_against_are_counted_only():
    told = asked_for([_judged("label:random:3", decision=0, truth="broken")], CLASSES)
    assert told.loss is None
    assert len(told.sentences) == 1
    assert asked_for([_judged("http", 0)], CLASSES) is None
