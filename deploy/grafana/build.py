"""Write the dashboard from its description: ``python deploy/grafana/build.py``.

It needs grafana-foundation-sdk.

What it asks Prometheus for is listed in docs/metrics.md; tests hold the two together, and the file
``dashboards/andamio.json`` to this description.
"""

from __future__ import annotations

from pathlib import Path

from grafana_foundation_sdk.builders.bargauge import Panel as Bars
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Figure
from grafana_foundation_sdk.builders.timeseries import Panel as Lines
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DataSourceRef

FILE = Path(__file__).parent / "dashboards" / "andamio.json"
SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
OF_MODEL = '{model=~"$model"}'
_PER_S, _SECONDS, _SHARE = "reqps", "s", "percentunit"


def query(expression: str, legend: str = "", *, now: bool = False) -> Dataquery:
    """Ask Prometheus, over the time shown or for the last value only."""
    asked = Dataquery().expr(expression).legend_format(legend or "__auto").datasource(SOURCE)
    return asked.instant() if now else asked.range()


def lines(title: str, unit: str, *queries: Dataquery, about: str = "") -> Lines:
    """Make a panel of lines over time."""
    panel = Lines().title(title).description(about).unit(unit).datasource(SOURCE).span(12).height(8).min(0)
    for number, asked in enumerate(queries):
        panel = panel.with_target(asked.ref_id(chr(ord("A") + number)))
    return panel


def figure(title: str, unit: str, expression: str, *, about: str = "") -> Figure:
    """Make a panel of one figure, the last."""
    last = ReduceDataOptions().calcs(["lastNotNull"])
    panel = Figure().title(title).description(about).unit(unit).datasource(SOURCE).span(4).height(4)
    return panel.reduce_options(last).with_target(query(expression, now=True).ref_id("A"))


def quantile(share: float) -> str:
    """Write the query of a quantile of the answer times."""
    rates = f"sum by (le, model) (rate(andamio_predict_seconds_bucket{OF_MODEL}[$__rate_interval]))"
    return f"histogram_quantile({share}, {rates})"


def dashboard() -> Dashboard:
    """Describe the whole dashboard."""
    made = (
        Dashboard("Andamio: scoring")
        .uid("andamio-scoring")
        .tags(["andamio"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .readonly()
        .with_variable(DatasourceVariable("source").type("prometheus").label("Prometheus"))
        .with_variable(
            QueryVariable("model")
            .query("label_values(andamio_model, model)")
            .datasource(SOURCE)
            .multi(True)
            .include_all(True)
            .label("Model")
        )
    )
    for row, panels in _rows():
        made = made.with_row(Row(row))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def _rows() -> list[tuple[str, list[Lines | Figure | Bars]]]:
    return [
        ("Now", _now()),
        ("Requests", _requests()),
        ("Predictions", _predictions()),
        ("Process", _process()),
    ]


def _now() -> list[Lines | Figure | Bars]:
    return [
        figure("Requests a second", _PER_S, "sum(rate(andamio_requests_total[5m]))"),
        figure(
            "Answer time, 99 of 100", _SECONDS, f"max({quantile(0.99).replace('$__rate_interval', '5m')})"
        ),
        figure("In flight", "short", "sum(andamio_requests_in_flight)"),
        figure(
            "Journal lag",
            _SECONDS,
            "max(andamio_journal_lag_seconds)",
            about="How long a record waits for its commit",
        ),
        figure("Oldest bundle", _SECONDS, f"max(andamio_bundle_age_seconds{OF_MODEL})"),
        figure("Models that could not be loaded", "short", "max(andamio_deployment_errors)"),
    ]


def _requests() -> list[Lines | Figure | Bars]:
    return [
        lines(
            "Requests by status",
            _PER_S,
            query(
                f"sum by (status) (rate(andamio_requests_total{OF_MODEL}[$__rate_interval]))", "{{status}}"
            ),
        ),
        lines(
            "Answer time",
            _SECONDS,
            *(query(quantile(share), f"{{{{model}}}} {share:.0%}") for share in (0.5, 0.95, 0.99)),
        ),
        lines(
            "Refused rows by reason",
            "cps",
            query(
                f"sum by (model, reason) (rate(andamio_rejected_rows_total{OF_MODEL}[$__rate_interval]))",
                "{{model}} {{reason}}",
            ),
            about="The contract refused them",
        ),
        lines(
            "Refused requests by reason",
            _PER_S,
            query("sum by (reason) (rate(andamio_refused_requests_total[$__rate_interval]))", "{{reason}}"),
            about="Tokens, limits, overload, size",
        ),
    ]


def _predictions() -> list[Lines | Figure | Bars]:
    return [
        lines(
            "Rows predicted",
            "cps",
            query(
                f"sum by (model, version) (rate(andamio_predictions_total{OF_MODEL}[$__rate_interval]))",
                "{{model}}@{{version}}",
            ),
        ),
        lines(
            "Share of each label",
            _SHARE,
            query(
                f"sum by (model, label) (rate(andamio_predicted_labels_total{OF_MODEL}[$__rate_interval]))"
                " / on (model) group_left sum by (model)"
                f" (rate(andamio_predicted_labels_total{OF_MODEL}[$__rate_interval]))",
                "{{model}} {{label}}",
            ),
        ),
        Bars()
        .title("Spread of the predictions")
        .description("Probability of the positive class, or the predicted number")
        .datasource(SOURCE)
        .span(12)
        .height(8)
        .with_target(
            query(
                f"sum by (le) (increase(andamio_prediction_bucket{OF_MODEL}[$__range]))", "{{le}}", now=True
            )
            .format("heatmap")
            .ref_id("A")
        ),
        lines(
            "Truths that came back",
            "cps",
            query(f"sum by (model) (rate(andamio_truths_total{OF_MODEL}[$__rate_interval]))", "{{model}}"),
        ),
    ]


def _process() -> list[Lines | Figure | Bars]:
    return [
        lines("Memory", "bytes", query("process_resident_memory_bytes", "{{instance}}")),
        lines(
            "Processor", _SHARE, query("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}")
        ),
        lines("Generation that answers", "short", query("andamio_deployment_generation", "{{instance}}")),
        lines("Version that answers", "short", query(f"andamio_model{OF_MODEL}", "{{model}}@{{version}}")),
    ]


def written() -> str:
    """Return the dashboard as the file holds it."""
    return JSONEncoder(sort_keys=True, indent=2).encode(dashboard().build()) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
