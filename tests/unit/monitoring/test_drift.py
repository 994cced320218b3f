"""A process that moved is found; a season, a usual week and an unknown context are not called drift."""

from __future__ import annotations

import numpy as np
import pytest

from andamio.contracts import parse_contract
from andamio.language import say
from andamio.language.speech import speak
from andamio.monitoring import Cause, Finding, Level
from andamio.monitoring.drift import DriftDetector
from andamio.monitoring.observation import streams
from andamio.monitoring.rows import Rows
from andamio.statistics.drift import DriftReference
from andamio.statistics.drift.learning import learn_drift
from andamio.statistics.drift.tags import context_table, watched_names, watched_table
from tests.unit.monitoring.conftest import CONTRACT, HOUR, START, Plant, usual

ROWS = 3000
CONTEXT = parse_contract(CONTRACT, name="pump", file="models/pump.toml")


@pytest.fixture(scope="module")
def reference() -> DriftReference:
    random = np.random.default_rng(1)
    numbers, products = usual(ROWS, 0), _products(ROWS, random)
    return learn_drift(
        watched_table(CONTEXT, numbers, products, random.uniform(0.05, 0.15, ROWS)),
        times=START - HOUR * np.arange(ROWS)[::-1],
        context=context_table(CONTEXT, numbers, products),
        false_alarms_per_month=0.05,
    )


def _products(rows: int, random: np.random.Generator) -> np.ndarray:
    return random.choice(np.array(["L", "M"], dtype=object), (rows, 1))


def _rows(numbers: np.ndarray, *, seed: int = 3, suspect: np.ndarray | None = None) -> Rows:
    random, count = np.random.default_rng(seed), len(numbers)
    return Rows(
        asset="pump-1",
        times=START + HOUR * np.arange(1, count + 1),
        arrived=START + HOUR * np.arange(1, count + 1),
        numbers=numbers.astype(np.float32),
        categories=_products(count, random),
        scores=random.uniform(0.05, 0.15, count),
        suspect=np.zeros(numbers.shape, np.bool_) if suspect is None else suspect,
    )


def _findings(reference: DriftReference, rows: Rows) -> list[Finding]:
    detector = DriftDetector(CONTEXT, reference)
    detector.feed(rows)
    return list(detector.standing())


def test_what_is_watched_leaves_the_context_out() -> None:
    assert watched_names(CONTEXT) == ("temp", "product=M", "failure")


@pytest.mark.parametrize("seed", range(10, 18))
def test_a_usual_week_has_no_drift(reference: DriftReference, seed: int) -> None:
    assert not [f for f in _findings(reference, _rows(usual(400, seed))) if f.kind != "season"]


def test_a_tag_that_moved_is_found_with_its_direction_size_and_beginning(reference: DriftReference) -> None:
    numbers = usual(400, 10)
    numbers[200:, 0] += 6
    (found,) = _findings(reference, _rows(numbers))
    assert (found.kind, found.level, found.tag) == ("drift", Level.ALARM, "temp")
    assert (found.cause, found.asset) == (Cause.PROCESS, "pump-1")
    assert found.data["offset"] == pytest.approx(6, abs=1.5)
    assert found.since is not None
    assert START + 195 * HOUR <= found.since.timestamp() <= START + 215 * HOUR
    assert "above where it should be now" in str(found.what)
    with speak("es"):
        assert "por encima de donde debería estar" in say(found.what)


def test_a_tag_that_fell_is_said_to_lie_below(reference: DriftReference) -> None:
    assert "below where" in str(_findings(reference, _rows(usual(400, 10) - [8, 0]))[0].what)


def test_a_season_that_moves_the_tags_is_no_drift_and_is_told(reference: DriftReference) -> None:
    warm = usual(400, 10)
    rise = max(0.0, 26.5 - float(warm[-50:, 1].mean()))
    found = _findings(reference, _rows(warm + [rise, rise]))
    assert {f.kind for f in found} <= {"season"}
    assert [(f.level, f.cause, f.tag) for f in found] == [(Level.NOTICE, Cause.SEASON, "ambient")]
    assert "season or load" in str(found[0].what)
    with speak("es"):
        assert "temporada o carga" in say(found[0].what)


def test_a_context_that_training_never_saw_gives_no_verdict(reference: DriftReference) -> None:
    (found,) = _findings(reference, _rows(usual(400, 10) + [40, 25]))
    assert (found.kind, found.level) == ("season", Level.NOTICE)
    assert "drift is not judged" in str(found.what)


def test_a_tag_whose_sensor_is_in_doubt_is_left_out(reference: DriftReference) -> None:
    numbers = usual(400, 10) + [8, 0]
    doubt = np.zeros(numbers.shape, np.bool_)
    doubt[:, 0] = True
    assert not [f for f in _findings(reference, _rows(numbers, suspect=doubt)) if f.kind == "drift"]


def test_a_mix_of_categories_that_changed_is_found(reference: DriftReference) -> None:
    rows = _rows(usual(400, 10))
    rows.categories[:] = "M"
    assert any((f.tag or "").startswith("product=") for f in _findings(reference, rows))


def test_a_restart_in_the_middle_changes_nothing(reference: DriftReference) -> None:
    numbers = usual(400, 10)
    numbers[200:, 0] += 6
    rows = _rows(numbers)
    halves = [
        Rows(
            **{name: getattr(rows, name)[part] if name != "asset" else rows.asset for name in Rows.__slots__}
        )
        for part in (slice(0, 250), slice(250, 400))
    ]
    first, second = (DriftDetector(CONTEXT, reference) for _ in range(2))
    first.feed(halves[0])
    second.restore({name: np.array(array) for name, array in first.state().items()})
    second.feed(halves[1])
    told = [(f.kind, f.tag, f.since, f.what.template) for f in second.standing()]
    assert told == [(f.kind, f.tag, f.since, f.what.template) for f in _findings(reference, rows)]
    assert told


def test_what_the_journal_holds_becomes_one_stream_an_asset(plant: Plant) -> None:
    plant.answer(usual(6, 1), assets=["a", "b", "a", "b", "a", "b"], risk=np.linspace(0.1, 0.6, 6))
    seen = plant.seen()
    first, second = streams(seen, seen.of_version(1))
    assert (first.asset, second.asset) == ("a", "b")
    assert first.scores == pytest.approx([0.1, 0.3, 0.5])
    assert np.diff(second.times).tolist() == [2 * HOUR, 2 * HOUR]


def test_the_charts_show_the_latest_rows_against_their_limits(reference: DriftReference) -> None:
    numbers = usual(1400, 10)
    numbers[1300:, 0] += 8
    detector = DriftDetector(CONTEXT, reference)
    for part in np.array_split(np.arange(1400), 7):
        detector.feed(
            Rows(
                **{
                    name: getattr(_rows(numbers), name)[part] if name != "asset" else "pump-1"
                    for name in Rows.__slots__
                }
            )
        )
    charts = detector.charts()
    assert [chart.name for chart in charts] == ["T²", "SPE", "CUSUM"]
    for chart in charts:
        assert len(chart.times) == len(chart.values) == 1000
        assert chart.times[-1] == START + 1400 * HOUR
    assert charts[0].limit is not None
    assert charts[0].values[-50:].max() > charts[0].limit > charts[0].values[:500].max()
