"""What Prometheus reads."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import math
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from andamio.journal import PredictionRecord
from andamio.serving.generation import Generation, Switchboard
from andamio.serving.journal_probe import JournalProbe
from andamio.serving.limits import Limits
from andamio.serving.metrics import Latency, Metrics
from andamio.serving.spread import Spread, VersionFacts

ROOT = Path(__file__).parents[3]


def test_the_page_is_what_was_counted() -> None:
    metrics = Metrics()
    metrics.requests["m", "predict", 200] += 3
    metrics.predictions["m", 7] += 5
    metrics.rejected["m", "contract-range"] += 2
    metrics.truths["m"] += 1
    metrics.latency["m"] = Latency()
    metrics.latency["m"].add(0.0007)
    metrics.models = [("m", 7, "d1")]
    metrics.generation = 4
    read = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }
    model = ("model", "m")
    assert read["andamio_requests_total", (("action", "predict"), model, ("status", "200"))] == 3
    assert read["andamio_predictions_total", (model, ("version", "7"))] == 5
    assert read["andamio_rejected_rows_total", (model, ("reason", "contract-range"))] == 2
    assert read["andamio_truths_total", (model,)] == 1
    assert read["andamio_model", (("digest", "d1"), model, ("version", "7"))] == 1
    assert read["andamio_deployment_generation", ()] == 4
    assert read["andamio_predict_seconds_bucket", (("le", "0.0005"), model)] == 0
    assert read["andamio_predict_seconds_bucket", (("le", "0.001"), model)] == 1
    assert read["andamio_predict_seconds_count", (model,)] == 1
    assert read["process_resident_memory_bytes", ()] > 0


ENDINGS = ("", "_total", "_bucket")


def samples(page: bytes, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of one name by the values of their labels, in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
        if sample.name == name
    }


async def commit(_: Any) -> None:
    """Take everything."""


def predicted(models: Any, shape: str, *rows: dict[str, Any]) -> bytes:
    """Predict some rows through a real door and return the page."""
    metrics = Metrics()
    scorer = models.scorer(shape)
    with ThreadPoolExecutor(1) as pool:
        board = Switchboard(commit, pool, metrics, Limits())
        place = board.routes(Generation(1, {"pump": scorer})).find("/v1/models/pump/predict")
        assert place is not None
        assert place.post is not None
        for row in rows:
            asyncio.run(place.post.answer(msgspec.json.encode({"rows": [row, row]})))
    return metrics.page()


COLD = {"bearing_temp": 0, "ambient_temp": 60, "product": "H"}
HOT = {"bearing_temp": 180, "ambient_temp": -10, "product": "H"}


def test_the_spread_of_probabilities_and_labels_is_what_was_answered(models: Any) -> None:
    page = predicted(models, "two", COLD, HOT, HOT)
    chances = [1 / (1 + math.exp(-0.01 * (r["bearing_temp"] - r["ambient_temp"]))) for r in (COLD, HOT, HOT)]
    buckets = samples(page, "andamio_prediction_bucket")
    for edge in range(1, 11):
        expected = 2 * sum(chance <= edge / 10 for chance in chances)
        assert buckets[str(edge / 10), "pump", "3"] == expected
    assert samples(page, "andamio_prediction_sum")["pump", "3"] == pytest.approx(2 * sum(chances), rel=1e-5)
    labels = samples(page, "andamio_predicted_labels_total")
    assert labels == {("fine", "pump", "3"): 2, ("failure", "pump", "3"): 4}


def test_several_classes_are_counted_by_label_alone(models: Any) -> None:
    page = predicted(models, "more", COLD, HOT)
    assert sum(samples(page, "andamio_predicted_labels_total").values()) == 4
    assert samples(page, "andamio_prediction_bucket") == {}


def test_numbers_are_counted_between_the_deciles_of_training(models: Any) -> None:
    facts = VersionFacts(models.bundle("number"))
    facts.edges = (1.0, 2.0, 3.0)
    spread = Spread()
    spread.know("pump", 1, facts)
    for value in ([0.5, 1.0, 2.5], [9.0, np.nan, 2.5]):
        record = PredictionRecord(
            ids=["a", "b", "c"], time=0.0, model="pump", version=1, digest="d", numbers=b"",
            value=np.array(value, "<f4").tobytes(),
        )  # fmt: skip
        spread.see(record)
    spread.settle()
    assert spread.histograms["pump", 1].buckets() == [("1.0", 2), ("2.0", 2), ("3.0", 4), ("+Inf", 5)]


def test_a_version_nobody_told_about_is_passed_over_and_many_rows_are_settled_at_once(models: Any) -> None:
    spread = Spread()
    spread.know("pump", 1, VersionFacts(models.bundle("two")))
    rows = 5000
    for version in (1, 2):
        spread.see(
            PredictionRecord(
                ids=["i"] * rows, time=0.0, model="pump", version=version, digest="d", numbers=b"",
                probabilities=np.tile(np.array([0.25, 0.75], "<f4"), rows).tobytes(),
                decision=np.ones(rows, "<i8").tobytes(),
            )
        )  # fmt: skip
    assert spread.labels == {("pump", 1, "failure"): rows}


def counted() -> Metrics:
    metrics = Metrics(peers_names=True)
    metrics.requests["m", "predict", 200] += 3
    metrics.requests["m", "infer", 200] += 2
    metrics.requests["m", "predict", 422] += 4
    metrics.requests["m", "feedback", 422] += 8
    metrics.requests["", "livez", 200] += 16
    metrics.latency["m"] = Latency()
    for _ in range(5):
        metrics.latency["m"].add(0.5)
    metrics.models = [("m", 7, "d1")]
    return metrics


def test_the_peers_names_show_the_same_counts() -> None:
    page = counted().page()
    assert samples(page, "model_infer_request_success_total") == {("m", "7"): 5}
    assert samples(page, "model_infer_request_failure_total") == {("m", "7"): 4}
    assert samples(page, "model_infer_request_duration_count") == {("m", "7"): 5}
    assert samples(page, "model_infer_request_duration_sum") == {("m", "7"): 2.5}
    assert samples(page, "bentoml_service_request_total")["/feedback", "422", "", "m", "7"] == 8
    assert samples(page, "bentoml_service_request_duration_seconds_count") == {
        ("/predict", "200", "", "m", "7"): 5
    }
    assert "bentoml" not in Metrics().page().decode()


def test_the_journal_lag_is_the_time_of_a_commit_even_of_one_that_has_not_come_back() -> None:
    async def story() -> None:
        done = asyncio.Event()

        async def slow(_: Any) -> None:
            await done.wait()

        probe = JournalProbe(slow)
        looking = asyncio.create_task(probe.look())
        await asyncio.sleep(0.02)
        under_way = probe.lag_s
        assert under_way >= 0.015
        done.set()
        await looking
        assert probe.lag_s >= under_way

    asyncio.run(story())


def test_every_metric_is_documented_and_no_other(models: Any) -> None:
    metrics = counted()
    metrics.spread = Spread()
    told = set(re.findall(r"(?m)^\| `([a-z_]+)` \|", (ROOT / "docs" / "metrics.md").read_text()))
    shown = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in text_string_to_metric_families(metrics.page().decode())
        if not family.name.startswith("process_")
    }
    assert told == shown


@pytest.mark.parametrize("file", ["grafana/dashboards/andamio.json", "prometheus/alerts.yml"])
def test_the_dashboard_and_the_alerts_ask_only_for_what_is_shown(models: Any, file: str) -> None:
    page = predicted(models, "two", HOT)
    shown = {f.name + ending for f in text_string_to_metric_families(page.decode()) for ending in ENDINGS}
    written = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    asked = set(re.findall(r"\b(?:andamio|process)_[a-z_]+", written))
    assert len(asked) >= 3
    assert asked - shown == set()


def test_the_dashboard_is_the_one_that_its_description_writes() -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="grafana-foundation-sdk is not installed")
    spec = importlib.util.spec_from_file_location("build", ROOT / "deploy" / "grafana" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    kept = json.loads(build.FILE.read_text(encoding="utf-8"))
    assert json.loads(build.written()) == kept
