"""What a report of the watch shows: a tag then and now, and a series with its limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from numpy.typing import NDArray

from andamio.language import say
from andamio.reports.plots import BAD, INK, svg

_THEN = "#9bb4cf"


def draw_then_now(
    name: str, edges: NDArray[np.float64], then: NDArray[np.float64], now: NDArray[np.float64], unit: str = ""
) -> str:
    """Draw how a tag was distributed at training and how it is now.

    Args:
        name: Keeps the ids of this plot apart from those of the page's others.
        edges: Shape ``(bins + 1,)``.
        then: Share of the rows in each bin, shape ``(bins,)``.
        now: The same of the rows that are looked at.
        unit: Of the tag.
    """

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        width = np.maximum(np.diff(edges), np.finfo(np.float64).tiny)
        axes.stairs(100 * then / width, edges, fill=True, color=_THEN, label=say("in the reference"))
        axes.stairs(100 * now / width, edges, color=BAD, linewidth=1.6, label=say("now"))
        axes.set(xlabel=unit, ylabel=say("% of the rows per unit"))
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)

    return svg(name, paint)


def draw_shares(name: str, labels: Sequence[str], then: Sequence[float], now: Sequence[float]) -> str:
    """Draw the mix of a category at training and now; what neither held is left out."""
    shares = 100 * np.array([then, now])
    met = np.flatnonzero(shares.any(axis=0)).tolist()

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        places = np.arange(len(met))
        axes.barh(places - 0.2, shares[0, met], 0.38, color=_THEN, label=say("in the reference"))
        axes.barh(places + 0.2, shares[1, met], 0.38, color=BAD, label=say("now"))
        axes.set_yticks(places, [labels[place] for place in met])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("%")
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)

    return svg(name, paint)


def draw_chart(
    name: str,
    times: NDArray[np.float64],
    values: NDArray[np.float64],
    *,
    limit: float | None,
    lower: float | None,
    centre: float | None,
    unit: str,
    zone: tzinfo,
) -> str:
    """Draw a series with its limits, as a control chart; what is beyond them is marked.

    Args:
        name: Keeps the ids of this plot apart from those of the page's others.
        times: Seconds since 1970, shape ``(points,)``.
        values: Shape ``(points,)``.
        limit: Beyond which a point is out; None where there is none.
        lower: Below which a point is out; None where there is none.
        centre: Where it lies in the reference; None where that is not told.
        unit: Of the values.
        zone: The plant's time zone.
    """
    moments = np.asarray(date2num([datetime.fromtimestamp(float(at), UTC) for at in times]), np.float64)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        axes.plot(moments, values, color=INK, linewidth=0.9, marker=".", markersize=2.5)
        out = np.zeros(len(values), np.bool_)
        for bound, beyond in ((limit, np.greater), (lower, np.less)):
            if bound is not None:
                out |= beyond(values, bound)
                axes.axhline(bound, color=BAD, linestyle="--", linewidth=1.1)
        if centre is not None:
            axes.axhline(centre, color="#7a8594", linewidth=0.9)
        if out.any():
            beyond_limits = np.where(out, values, np.nan)
            axes.plot(moments, beyond_limits, ".", color=BAD)
        locator = AutoDateLocator(minticks=2, maxticks=6, tz=zone)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(_dates(locator, zone))
        axes.set_ylabel(unit)

    return svg(name, paint)


def _dates(locator: AutoDateLocator, zone: tzinfo) -> ConciseDateFormatter:
    """Write dates in figures: the names of months are English, whatever the page's language."""
    return ConciseDateFormatter(
        locator,
        tz=zone,
        formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S.%f"],
        zero_formats=["", "%Y", "%m-%d", "%m-%d", "%H:%M", "%H:%M"],
        offset_formats=["", "", "%Y", "%Y-%m-%d", "%Y-%m-%d", "%Y-%m-%d %H:%M"],
    )
