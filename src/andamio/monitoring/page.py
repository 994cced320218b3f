"""From the rows of a period to a page: what stood, every tag then and now, and series with their limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from andamio.errors import text
from andamio.kernel import clock
from andamio.language import say
from andamio.monitoring.attribution import AssetWindow, windows_of
from andamio.monitoring.comparing import TagComparison, compare_tags
from andamio.monitoring.detector import Chart, Charted
from andamio.monitoring.findings import Level
from andamio.monitoring.following import Episode, Replay
from andamio.monitoring.learnt import learnt_findings
from andamio.monitoring.opening import Watched
from andamio.monitoring.period_rows import rows_of_period
from andamio.monitoring.plain import cause_name, episode_data, iso_time, moment_at
from andamio.monitoring.stream import Arrivals
from andamio.reports.watch_page import (
    ChartLine,
    FindingLine,
    MovedLine,
    TagLine,
    WatchPage,
    render_watch_page,
)
from andamio.reports.watch_plots import draw_chart, draw_shares, draw_then_now
from andamio.statistics.profile import Profile

MOST_ROWS = 200_000
_MOST_TAGS = 60
_MOST_CHARTS = 24
_POINTS = 160
_CHARTS = {
    "T²": text("T²: how far all tags together are from usual"),
    "SPE": text("SPE: how far what ties the tags to one another has given way"),
    "CUSUM": text("CUSUM: small shifts of one tag, added up; the limit is 1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReport:
    """What is known of a period: for a page, or for a program.

    Attributes:
        watched: The version.
        rows: The rows that were looked at, None when there are none.
        seen: How many rows the replay saw.
        episodes: What would have stood, from when to when.
        tags: Every tag, then and now.
        windows: Each asset's rows against history: what moved, and whether it matters to the model.
    """

    watched: Watched
    rows: Arrivals | None
    seen: int
    episodes: Sequence[Episode]
    tags: Sequence[TagComparison]
    windows: Sequence[AssetWindow] = ()

    def data(self) -> dict[str, Any]:
        """Return it for a program, by the names that people know."""
        return {
            "model": self.watched.model,
            "version": self.watched.served.version,
            "rows": self.seen,
            "compared": 0 if self.rows is None else len(self.rows),
            "from": None if self.rows is None else iso_time(float(self.rows.times[0])),
            "to": None if self.rows is None else iso_time(float(self.rows.times[-1])),
            "episodes": [episode_data(episode) for episode in self.episodes],
            "drift": [window.data() for window in self.windows],
            "tags": {
                tag.name: {
                    "psi": tag.psi,
                    "ks": tag.ks,
                    "wasserstein": tag.wasserstein,
                    "jensenshannon": tag.jensenshannon,
                    "missing": tag.missing,
                }
                for tag in self.tags
            },
        }


def look_back(watched: Watched, start: float, end: float) -> PeriodReport:
    """Replay a period with a fresh watch and compare its newest rows with the reference.

    Args:
        watched: A watch of which nothing is kept.
        start: The first event time, in seconds since 1970.
        end: Where the period ends.
    """
    replay = Replay(watched.watch, start, end)
    episodes = replay.run(watched.follower.stream)
    rows = rows_of_period(watched.follower.stream, start, end, most=MOST_ROWS)
    tags = [] if rows is None else compare_tags(watched.bundle.contract, watched.reference, rows)
    windows = [] if rows is None else windows_of(watched.bundle, watched.reference, rows)
    return PeriodReport(
        watched=watched, rows=rows, seen=replay.rows, episodes=episodes, tags=tags, windows=windows
    )


def write_page(report: PeriodReport, zone: tzinfo) -> str:
    """Write the page, in the language of the moment."""
    rows, watched = report.rows, report.watched
    learnt = [say(finding.what) for finding in learnt_findings(watched.bundle.contract, watched.reference)]
    if watched.rebase is None:
        compared = say("Compared with what was learnt at training.")
    else:
        compared = say(
            "Compared with the rebase of {time}: {reason}",
            time=watched.rebase.at[:16],
            reason=watched.rebase.reason,
        )
    return render_watch_page(
        WatchPage(
            reference=f"{watched.model}@{watched.served.version}",
            rows=report.seen,
            start="–" if rows is None else _shown(float(rows.times[0]), zone),
            end="–" if rows is None else _shown(float(rows.times[-1]), zone),
            written=clock.now().astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            compared=[compared, *learnt],
            findings=[_line(episode, zone) for episode in _ranked(report.episodes)],
            moved=[*_moved(report.windows)],
            charts=[] if rows is None else list(_charts(report, rows, zone)),
            tags=[_tag_line(place, tag, watched) for place, tag in enumerate(report.tags)],
        )
    )


def _ranked(episodes: Sequence[Episode]) -> list[Episode]:
    return sorted(
        episodes, key=lambda one: (one.level is not Level.ALARM, one.cleared is not None, one.raised)
    )


def _line(episode: Episode, zone: tzinfo) -> FindingLine:
    start = _shown(episode.raised, zone)
    when = (
        say("since {start}", start=start)
        if episode.cleared is None
        else say("{start} to {end}", start=start, end=_shown(episode.cleared, zone))
    )
    return FindingLine(
        alarm=episode.level is Level.ALARM,
        asset=episode.asset,
        what=say(episode.what),
        cause="–" if episode.cause is None else say(cause_name(episode.cause)),
        when=when,
        fix=say(episode.fix),
    )


def _moved(windows: Sequence[AssetWindow]) -> Iterator[MovedLine]:
    """Tell what moved, what matters most to the model first; then where no verdict is given."""
    moved = [one for window in windows for one in window.moved]
    for one in sorted(moved, key=lambda one: (not one.matters, -one.weight)):
        yield MovedLine(matters=one.matters, what=say(one.words()), importance=say(one.importance()))
    for window in windows:
        words = window.words()
        if words is not None:
            yield MovedLine(matters=False, what=say(words), importance="")


def _tag_line(place: int, tag: TagComparison, watched: Watched) -> TagLine:
    units = {one.name: one.unit or "" for one in watched.bundle.contract.inputs}
    name = f"tag-{place}"
    drawn = ""
    if place < _MOST_TAGS and tag.psi is not None:
        if tag.edges is None:
            drawn = draw_shares(name, tag.labels, tag.then.tolist(), tag.now.tolist())
        else:
            drawn = draw_then_now(name, tag.edges, tag.then, tag.now, units[tag.name])
    return TagLine(
        name=tag.name,
        unit=units[tag.name],
        psi=tag.psi,
        ks=tag.ks,
        wasserstein=tag.wasserstein,
        jensenshannon=tag.jensenshannon,
        missing=tag.missing,
        svg=Markup(drawn),  # noqa: S704  our own SVG
    )


def _charts(report: PeriodReport, rows: Arrivals, zone: tzinfo) -> Iterator[ChartLine]:
    """Draw the course of what was found, then the detectors' own series; where they show none, every tag."""
    detectors = [*_detectors_charts(report.watched)]
    found = {episode.tag for episode in report.episodes}
    numbers = report.watched.bundle.contract.numbers
    drawn_tags = [place for place, tag in enumerate(numbers) if tag.name in found or not detectors]
    shown = [*_courses(report, rows, drawn_tags), *detectors]
    for place, (asset, chart) in enumerate(shown[:_MOST_CHARTS]):
        drawn = draw_chart(
            f"chart-{place}", chart.times, chart.values, limit=chart.limit, lower=chart.lower,
            centre=chart.centre, unit=chart.unit, zone=zone,
        )  # fmt: skip
        name = say(_CHARTS[chart.name]) if chart.name in _CHARTS else chart.name
        caption = f"{asset} · {name}" if asset else name
        yield ChartLine(caption=caption, svg=Markup(drawn))  # noqa: S704  our own SVG


def _detectors_charts(watched: Watched) -> Iterator[tuple[str, Chart]]:
    for name, asset in sorted(watched.watch.assets.items()):
        for detector in asset.detectors:
            if isinstance(detector, Charted):
                for chart in detector.charts():
                    if len(chart.times):
                        yield name, chart


def _courses(report: PeriodReport, rows: Arrivals, tags: Sequence[int]) -> Iterator[tuple[str, Chart]]:
    reference = report.watched.reference
    if not Profile.is_in(reference):
        return
    profile = Profile.read(reference)
    for place in tags:
        tag = report.watched.bundle.contract.numbers[place]
        times, values = _course(rows.times, rows.numbers[:, place].astype(np.float64))
        usual = profile.quantiles[place]
        if len(times):
            yield (
                "",
                Chart(
                    name=say("{tag}, mean of some rows; dashed: 98 % of the reference", tag=tag.name),
                    times=times,
                    values=values,
                    limit=float(np.quantile(usual, 0.99)),
                    lower=float(np.quantile(usual, 0.01)),
                    centre=float(np.median(usual)),
                    unit=tag.unit or "",
                ),
            )


def _course(
    times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the means of stretches of equally many rows."""
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if not values.size:
        return times, values
    cuts = np.unique(np.linspace(0, values.size, min(_POINTS, values.size) + 1).astype(np.int64)[:-1])
    sizes = np.diff(np.append(cuts, values.size))
    return np.add.reduceat(times, cuts) / sizes, np.add.reduceat(values, cuts) / sizes


def _shown(seconds: float, zone: tzinfo) -> str:
    found: datetime | None = moment_at(seconds)
    return "–" if found is None else found.astimezone(zone).strftime("%Y-%m-%d %H:%M")
