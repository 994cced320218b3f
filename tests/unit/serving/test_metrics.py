"""What Prometheus reads."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from andamio.serving.metrics import Latency, Metrics


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
