"""What moved in a period, and whether it matters to the model: each asset's window against history.

The verdict is that of ``statistics.drift.compare``. What moved is ranked by its effect, in tolerances, times
the share that the tag has in what the model knows: what shuffling it costs on held-out rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from andamio.bundles import Bundle
from andamio.contracts.contract import Contract
from andamio.errors import Text, text
from andamio.language import say
from andamio.monitoring.detectors import Reference
from andamio.monitoring.stream import Arrivals
from andamio.statistics.drift import DriftReference, WindowReport, compare
from andamio.statistics.drift.comparison import TOLERANCES, Moved
from andamio.statistics.drift.tags import context_table, watched_names, watched_table

_MOST_ROWS = 20_000  # of an asset, the newest
_MOST_ASSETS = 20
_USED = 0.05  # a tag that has a smaller share in what the model knows hardly matters to it

_ABSTAINS = {
    "rows": text("too few rows"),
    "memory": text("the period is shorter than what the plant remembers"),
    "context": text("season or load were never like this in training"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One thing that moved.

    Attributes:
        asset: Where, "" for none.
        kind: "mean", "variance", "share" or "correlation".
        names: The watched column, or the two.
        effect: How far, in the units of ``TOLERANCES``.
        low: The lower bound of its size.
        p_value: Adjusted for all that was looked at.
        sensitivity: Share of what the model knows that rests on it, 0 to 1; None for the model's answer, and
            where the bundle does not say.
    """

    asset: str
    kind: str
    names: tuple[str, ...]
    effect: float
    low: float
    p_value: float
    sensitivity: float | None

    @property
    def matters(self) -> bool:
        """Whether the model rests on it; what is not known is taken to matter."""
        return self.sensitivity is None or self.sensitivity >= _USED

    @property
    def weight(self) -> float:
        """Effect in tolerances, times sensitivity."""
        return self.low / TOLERANCES[self.kind] * (1.0 if self.sensitivity is None else self.sensitivity)

    def words(self) -> Text:
        """Say what moved."""
        values = {
            "tag": self.names[0],
            "of_asset": text(" of {asset}", asset=self.asset) if self.asset else "",
        }
        if self.kind == "mean":
            return text(
                "the level of {tag}{of_asset} moved by {effect} spreads",
                effect=float(f"{self.effect:+.2g}"),
                **values,
            )
        if self.kind == "share":
            return text("{tag}{of_asset} is low or high in another share of the rows", **values)
        if self.kind == "correlation":
            return text(
                "{tag} and {other}{of_asset} do not go together as they used to",
                other=self.names[1],
                **values,
            )
        if self.effect > 0:
            return text("{tag}{of_asset} varies more than it used to", **values)
        return text("{tag}{of_asset} varies less than it used to", **values)

    def importance(self) -> Text:
        """Say whether the model rests on it."""
        if self.sensitivity is None:
            return text("how much the model rests on it is not known")
        if not self.matters:
            return text("the model hardly uses it")
        return text("the model rests on it: {share} % of what it knows", share=round(100 * self.sensitivity))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetWindow:
    """The verdict on one asset's rows of a period. ``moved`` begins with what matters most to the model."""

    asset: str
    report: WindowReport
    moved: tuple[Attribution, ...]

    def words(self) -> Text | None:
        """Say why there is no verdict; None where there is one."""
        if self.report.abstains is None:
            return None
        of_asset = text(" of {asset}", asset=self.asset) if self.asset else ""
        return text(
            "no verdict on the rows{of_asset}: {reason}",
            of_asset=of_asset,
            reason=_ABSTAINS[self.report.abstains],
        )

    def data(self) -> dict[str, Any]:
        """Return it for a program."""
        report = self.report
        return {
            "asset": self.asset or None,
            "rows": report.rows,
            "compared": report.compared,
            "abstains": report.abstains,
            "alarm": report.alarm,
            "p_value": None if np.isnan(report.p_value) else report.p_value,
            "moved": [
                {
                    "kind": one.kind,
                    "tags": list(one.names),
                    "effect": one.effect,
                    "at_least": one.low,
                    "p_value": one.p_value,
                    "sensitivity": one.sensitivity,
                    "matters": one.matters,
                    "what": say(one.words()),
                }
                for one in self.moved
            ],
        }


def windows_of(bundle: Bundle, reference: Reference, rows: Arrivals) -> list[AssetWindow]:
    """Compare each asset's rows of a period with history; nothing where no history of drift was learnt."""
    if not DriftReference.is_in(reference):
        return []
    history = DriftReference.read(reference)
    contract, shares = bundle.contract, sensitivities(bundle)
    found = []
    for asset, own in _by_asset(rows):
        report = compare(
            history,
            watched_table(contract, own.numbers, own.categories, own.scores),
            times=own.times,
            context=context_table(contract, own.numbers, own.categories),
            asset=asset,
        )
        moved = attributed(report.moved if report.alarm else (), contract, shares, asset)
        found.append(AssetWindow(asset=asset, report=report, moved=tuple(moved)))
    return found


def attributed(
    moved: Sequence[Moved], contract: Contract, shares: Mapping[str, float], asset: str = ""
) -> list[Attribution]:
    """Rank what moved by effect times sensitivity.

    Args:
        moved: What a comparison found.
        contract: Names the columns.
        shares: Of what the model knows, by tag; empty where it is not known.
        asset: Whose rows they are.
    """
    names = watched_names(contract)
    found = []
    for one in moved:
        told = tuple(names[column] for column in one.columns)
        known = [shares[name.partition("=")[0]] for name in told if name.partition("=")[0] in shares]
        found.append(
            Attribution(
                asset=asset,
                kind=one.kind,
                names=told,
                effect=one.effect,
                low=one.low,
                p_value=one.p_value,
                sensitivity=max(known, default=None),
            )
        )
    return sorted(found, key=lambda one: (not one.matters, -one.weight, one.names))


def sensitivities(bundle: Bundle) -> dict[str, float]:
    """Return the share of each tag in what the model knows: what shuffling it cost on held-out rows."""
    told = bundle.evaluation.get("importances")
    if not isinstance(told, Sequence):
        return {}
    losses = {str(one["tag"]): max(float(one["loss"]), 0.0) for one in told}
    whole = sum(losses.values())
    return {tag: loss / whole for tag, loss in losses.items()} if whole > 0 else {}


def _by_asset(rows: Arrivals) -> Iterator[tuple[str, Arrivals]]:
    for place, name in list(enumerate(rows.names))[:_MOST_ASSETS]:
        yield name, rows.take(np.flatnonzero(rows.assets == place)[-_MOST_ROWS:])
