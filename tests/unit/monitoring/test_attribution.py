"""What moved is ranked by how much the model rests on it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from andamio.language import say, speak
from andamio.monitoring.attribution import attributed, sensitivities, windows_of
from andamio.monitoring.stream import Arrivals
from andamio.statistics.drift.comparison import Moved
from andamio.statistics.drift.learning import learn_drift
from andamio.statistics.drift.tags import watched_table

from .watched import CONTRACT, START


def bundle(**losses: float) -> Any:
    told = [{"tag": tag, "loss": loss, "metric": "rmse"} for tag, loss in losses.items()]
    return SimpleNamespace(contract=CONTRACT, evaluation={"importances": told})


def moved(kind: str, *columns: int, low: float) -> Moved:
    return Moved(kind=kind, columns=columns, effect=low + 0.1, low=low, p_value=0.001)


def rows(count: int, seed: int, *, shift: float = 0.0) -> Arrivals:
    random = np.random.default_rng(seed)
    return Arrivals(
        times=START + 60.0 * np.arange(count),
        arrived=START + 60.0 * np.arange(count),
        records=np.zeros(count, np.int64),
        assets=np.zeros(count, np.int64),
        names=("pump-1",),
        numbers=(random.normal([60, 5], [2, 1], (count, 2)) + [0, shift]).astype(np.float32),
        categories=random.choice(np.array(["L", "M"], dtype=object), (count, 1)),
        scores=random.uniform(0.1, 0.3, count),
    )


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    history = rows(3000, 0)
    table = watched_table(CONTRACT, history.numbers, history.categories, history.scores)
    return dict(learn_drift(table, times=None, context=None, assets=None, false_alarms_per_month=1).arrays())


def test_a_small_move_of_what_the_model_rests_on_goes_before_a_large_one_of_what_it_hardly_uses() -> None:
    found = attributed(
        [moved("mean", 1, low=4.0), moved("mean", 0, low=0.5), moved("correlation", 0, 2, low=0.3)],
        CONTRACT,
        {"temp": 0.96, "flow": 0.01, "product": 0.03},
    )
    assert [one.names for one in found] == [("temp",), ("temp", "product=M"), ("flow",)]
    assert [one.matters for one in found] == [True, True, False]
    assert found[1].sensitivity == 0.96
    assert say(found[2].importance()) == "the model hardly uses it"


def test_what_the_bundle_does_not_say_is_taken_to_matter() -> None:
    (found,) = attributed([moved("variance", 0, low=1.0)], CONTRACT, {})
    assert (found.sensitivity, found.matters) == (None, True)
    with speak("es"):
        assert say(found.words()) == "temp varía más que antes"


def test_shares_of_importance_leave_out_what_costs_nothing() -> None:
    assert sensitivities(bundle(temp=0.3, flow=0.1, product=-0.02)) == {
        "temp": pytest.approx(0.75),
        "flow": pytest.approx(0.25),
        "product": 0.0,
    }
    assert sensitivities(bundle()) == {}


def test_a_tag_that_moved_is_named_with_its_sensitivity(reference: dict[str, Any]) -> None:
    (window,) = windows_of(bundle(temp=0.01, flow=0.99), reference, rows(600, 1, shift=2.0))
    told = window.data()
    assert (told["asset"], told["alarm"], told["abstains"]) == ("pump-1", True, None)
    assert told["moved"][0]["tags"] == ["flow"]
    assert told["moved"][0]["sensitivity"] == pytest.approx(0.99)
    assert all("temp" not in one["tags"] for one in told["moved"] if one["kind"] == "mean")


def test_nothing_moved_and_too_little_to_say(reference: dict[str, Any]) -> None:
    (same,) = windows_of(bundle(temp=1.0), reference, rows(600, 2))
    assert same.data()["moved"] == []
    (short,) = windows_of(bundle(temp=1.0), reference, rows(20, 3))
    words = short.words()
    assert words is not None
    assert say(words) == "no verdict on the rows of pump-1: too few rows"
    assert windows_of(bundle(temp=1.0), {}, rows(600, 2)) == []
