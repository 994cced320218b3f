"""The distances of a report as a snapshot that Evidently 0.7 loads: its JSON, written without Evidently.

Evidently's ``wasserstein`` is in spreads of the reference, as here. Its ``ks`` is a p-value of independent
rows, which a plant's rows are not; the distance stands here as ``ks_distance``. A threshold is none of
these numbers' business: whether a difference is more than chance is told by the findings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from uuid import NAMESPACE_URL, uuid5

METHODS = {
    "psi": "psi",
    "ks": "ks_distance",
    "wasserstein": "wasserstein",
    "jensenshannon": "jensenshannon",
}
_TITLES = {
    "psi": "PSI",
    "ks": "Kolmogorov-Smirnov distance",
    "wasserstein": "Wasserstein distance (normed)",
    "jensenshannon": "Jensen-Shannon distance",
}
Distances = Mapping[str, Mapping[str, float | None]]


def evidently_snapshot(reference: str, tags: Distances, *, at: datetime, about: Mapping[str, str]) -> str:
    """Write a snapshot; ``evidently.core.report.Snapshot.load`` reads it.

    Args:
        reference: ``pump-health@3``, the snapshot's name.
        tags: Of each tag its distances by the names in ``METHODS``; None for one that is not known.
        at: When the report was made.
        about: Anything else to say of it.
    """
    results: dict[str, object] = {}
    widgets: list[object] = []
    for tag, told in tags.items():
        values = {name: told.get(name) for name in METHODS}
        known = {name: value for name, value in values.items() if value is not None and isfinite(value)}
        for name, value in known.items():
            metric = uuid5(NAMESPACE_URL, f"andamio:{tag}:{name}").hex
            counter = _counter(f"{tag}: {_TITLES[name]}", {_TITLES[name]: value})
            results[metric] = _result(metric, tag, name, value, counter)
        if known:
            widgets.append(_counter(tag, {_TITLES[name]: value for name, value in known.items()}))
    snapshot = {
        "report": {"items": []},
        "name": reference,
        "timestamp": at.replace(tzinfo=None).isoformat(),
        "metadata": dict(about),
        "tags": ["andamio"],
        "metric_results": results,
        "top_level_metrics": list(results),
        "widgets": widgets,
        "tests_widgets": [],
    }
    return json.dumps(snapshot, ensure_ascii=False, indent=1, allow_nan=False)


def _result(metric: str, tag: str, name: str, value: float, widget: object) -> dict[str, object]:
    params = {"type": "evidently:metric_v2:ValueDrift", "column": tag, "method": METHODS[name]}
    return {
        "type": "evidently:metric_result_v2:SingleValue",
        "display_name": f"Value drift for {tag}: {_TITLES[name]}",
        "metric_value_location": {"metric": {"metric_id": metric, "params": params}, "param": {}},
        "widget": [widget],
        "tests": [],
        "value": value,
    }


def _counter(title: str, values: Mapping[str, float]) -> dict[str, object]:
    counters = [{"value": f"{value:.3g}", "label": label} for label, value in values.items()]
    return {
        "type": "counter",
        "title": title,
        "size": 2,
        "id": str(uuid5(NAMESPACE_URL, f"andamio:widget:{title}:{len(values)}")),
        "details": "",
        "alertsPosition": None,
        "alertStats": None,
        "params": {"counters": counters},
        "insights": [],
        "additionalGraphs": [],
        "alerts": [],
        "tabs": [],
        "widgets": [],
        "pageSize": 5,
    }
