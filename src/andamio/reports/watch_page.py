"""Put what the watch of one version found on one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from andamio.language import current_language
from andamio.reports.report import page_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One finding in words."""

    alarm: bool
    asset: str
    what: str
    cause: str
    when: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedLine:
    """One thing that moved against history, and whether the model rests on it."""

    matters: bool
    what: str
    importance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLine:
    """One tag: how far it is from the reference, by the names that people know, and its plot."""

    name: str
    unit: str
    psi: float | None
    ks: float | None
    wasserstein: float | None
    jensenshannon: float | None
    missing: float | None
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLine:
    """One series over time."""

    caption: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPage:
    """What the page is made of; every text is in the reader's language already.

    Attributes:
        reference: ``pump-health@3``.
        rows: How many rows were looked at.
        start: The first event time.
        end: The last.
        written: When the page was made.
        compared: What they were compared with, and what of it is little, in sentences.
        findings: The most urgent first.
        moved: What moved against history, what matters most to the model first.
        charts: Series over time.
        tags: Every tag, then and now.
    """

    reference: str
    rows: int
    start: str
    end: str
    written: str
    compared: Sequence[str]
    findings: Sequence[FindingLine]
    moved: Sequence[MovedLine]
    charts: Sequence[ChartLine]
    tags: Sequence[TagLine]

    @property
    def alarms(self) -> int:
        """How many findings need a person."""
        return sum(finding.alarm for finding in self.findings)


def render_watch_page(page: WatchPage) -> str:
    """Write the page, in the language of the moment."""
    template = page_environment().get_template("watch.html.jinja")
    return template.render(page=page, language=current_language())
