"""Draw what a report shows, as SVG without anything from outside and the same for the same numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from andamio.language import current_language, say
from andamio.statistics.metric_names import metric_name

Drawn = Mapping[str, Any]
GOOD, BAD, INK, GRID = "#1f7a4d", "#b3261e", "#1d3557", "#d9dee5"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "andamio",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#7a8594",
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}


def draw(kind: str, drawn: Drawn, **more: Any) -> str:
    """Draw one plot by its name in the evaluation's curves.

    Args:
        kind: One of PLOTS.
        drawn: Its numbers.
        more: What the plot takes besides: ``threshold``, ``unit``.

    Returns:
        An ``<svg>`` element.
    """
    return svg(kind, lambda figure: PLOTS[kind](figure, drawn, **more))


def svg(name: str, paint: Callable[[Figure], None], *, size: tuple[float, float] = (5.2, 3.2)) -> str:
    """Draw on a figure of the house's style; ``name`` keeps its ids apart from those of the page's others.

    Returns:
        An ``<svg>`` element.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        paint(figure)
        _speak_numbers(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _embeddable(buffer.getvalue(), name)


class _Commas(ScalarFormatter):
    """Writes the numbers of an axis with a decimal comma."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return super().__call__(x, pos).replace(".", ",")


def _speak_numbers(figure: Figure) -> None:
    if current_language() != "es":
        return
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(_Commas())


def _embeddable(drawn: str, kind: str) -> str:
    element = drawn[drawn.index("<svg") :]
    # Several plots share a page: their ids must not meet, and the size is the page's business.
    element = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{kind}-", element)
    return re.sub(
        r'^<svg ([^>]*?)width="[^"]*" ', r"<svg \1", re.sub(r'height="[^"]*pt" ', "", element, count=1)
    )


def _thresholds(figure: Figure, drawn: Drawn, *, threshold: float | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    axes.plot(drawn["threshold"], _percent(drawn["recall"]), color=GOOD, label=say("events caught"))
    axes.plot(
        drawn["threshold"],
        _percent(drawn["false_alarm_rate"]),
        color=BAD,
        label=say("false alarms among normal rows"),
    )
    if threshold is not None:
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2, label=say("chosen threshold"))
    axes.set(xlabel=say("alarm when the probability is above"), ylabel="%", xlim=(0, 1), ylim=(0, 102))
    _legend_below(figure)


def _precision_recall(figure: Figure, drawn: Drawn, *, threshold: float | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    recall, precision = _percent(drawn["recall"]), _percent(drawn["precision"])
    axes.plot(recall, precision, color=INK)
    if threshold is not None and drawn["threshold"]:
        nearest = int(np.argmin(np.abs(np.array(drawn["threshold"], dtype=float) - threshold)))
        axes.plot(recall[nearest], precision[nearest], "o", color=BAD, label=say("chosen threshold"))
        _legend_below(figure)
    axes.set(
        xlabel=say("events caught, %"), ylabel=say("alarms that were right, %"), xlim=(0, 102), ylim=(0, 102)
    )


def _scores(figure: Figure, drawn: Drawn, *, threshold: float | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    edges = np.array(drawn["edges"])
    width = np.diff(edges)
    axes.bar(edges[:-1], drawn["others"], width, align="edge", color="#9bb4cf", label=say("normal rows"))
    axes.bar(edges[:-1], drawn["events"], width, align="edge", color=BAD, alpha=0.85, label=say("events"))
    if threshold is not None:
        axes.axvline(threshold, color=INK, linestyle="--", linewidth=1.2, label=say("chosen threshold"))
    axes.set_yscale("symlog", linthresh=10)
    axes.set(xlabel=say("probability that the model gives"), ylabel=say("rows"), xlim=(0, 1))
    _legend_below(figure)


def _calibration(figure: Figure, drawn: Drawn, **_: Any) -> None:
    axes = figure.add_subplot()
    top = 1.05 * max([*_percent(drawn["predicted"]), *_percent(drawn["observed"]), 1.0])
    axes.plot([0, top], [0, top], color="#7a8594", linewidth=1, linestyle=":", label=say("perfect"))
    axes.plot(
        _percent(drawn["predicted"]), _percent(drawn["observed"]), "o-", color=INK, label=say("this model")
    )
    axes.set(xlabel=say("it says, %"), ylabel=say("it happens, %"), xlim=(0, top), ylim=(0, top))
    _legend_below(figure)


def _predicted_actual(figure: Figure, drawn: Drawn, *, unit: str | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    actual, predicted = np.array(drawn["actual"]), np.array(drawn["predicted"])
    if "lower" in drawn:
        below = np.maximum(predicted - np.array(drawn["lower"]), 0)
        above = np.maximum(np.array(drawn["upper"]) - predicted, 0)
        axes.errorbar(
            actual,
            predicted,
            [below, above],
            fmt="none",
            ecolor="#9bb4cf",
            elinewidth=0.7,
            label=say("interval"),
        )
    axes.plot(actual, predicted, ".", color=INK, markersize=4, label=say("held-out rows"))
    ends = [float(min(actual.min(), predicted.min())), float(max(actual.max(), predicted.max()))]
    axes.plot(ends, ends, color="#7a8594", linewidth=1, linestyle=":", label=say("perfect"))
    in_unit = f" [{unit}]" if unit else ""
    axes.set(xlabel=say("measured") + in_unit, ylabel=say("predicted") + in_unit)
    _legend_below(figure)


def _residuals(figure: Figure, drawn: Drawn, *, unit: str | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    edges = np.array(drawn["edges"])
    axes.bar(
        edges[:-1],
        drawn["rows"],
        np.diff(edges),
        align="edge",
        color="#9bb4cf",
        edgecolor="white",
        linewidth=0.4,
    )
    axes.axvline(0, color=INK, linewidth=1)
    axes.set(xlabel=say("predicted minus measured") + (f" [{unit}]" if unit else ""), ylabel=say("rows"))


def _importances(figure: Figure, drawn: Drawn, **_: Any) -> None:
    axes = figure.add_subplot()
    shown: Sequence[Mapping[str, Any]] = [one for one in drawn["importances"] if one["loss"]][:10][::-1]
    axes.barh([one["tag"] for one in shown], [one["loss"] for one in shown], color=INK, height=0.65)
    axes.axvline(0, color="#7a8594", linewidth=0.8)
    axes.grid(visible=False, axis="y")
    metric = shown[0]["metric"] if shown else "rmse"
    axes.set_xlabel(f"{say('what is lost without it')}:\n{say(metric_name(metric))}")


def _learning(figure: Figure, drawn: Drawn, *, unit: str | None = None, **_: Any) -> None:
    axes = figure.add_subplot()
    rows, value, low, high = _columns(drawn["expected"])
    axes.fill_between(rows, low, high, color="#9bb4cf", alpha=0.45, linewidth=0, label=say("95 % interval"))
    axes.plot(rows, value, color=INK, label=say("expected"))
    rows, value, low, high = _columns(drawn["measured"])
    axes.plot(rows, value, "o", color=INK, markersize=5, label=say("measured"))
    axes.axvline(rows[-1], color="#7a8594", linewidth=1, linestyle=":", label=say("labelled today"))
    axes.set_xlabel(say("labelled rows"))
    metric = drawn["metric"]
    axes.set_ylabel(f"{metric} [{unit}]" if unit and metric == "rmse" else metric)
    axes.set_ylim(0, 1.02 if drawn["better"] else None)
    _legend_below(figure)


def _columns(points: Sequence[Mapping[str, float]]) -> list[list[float]]:
    return [[point[name] for point in points] for name in ("rows", "value", "low", "high")]


def _legend_below(figure: Figure) -> None:
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)


def _percent(shares: Sequence[float | None]) -> list[float]:
    return [float("nan") if share is None else 100 * share for share in shares]


PLOTS: Mapping[str, Callable[..., None]] = {
    "thresholds": _thresholds,
    "precision_recall": _precision_recall,
    "scores": _scores,
    "calibration": _calibration,
    "predicted_actual": _predicted_actual,
    "residuals": _residuals,
    "importances": _importances,
    "learning": _learning,
}
