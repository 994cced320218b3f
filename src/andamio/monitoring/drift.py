"""Has the process moved? Compare the latest rows with the profile, against limits from history itself.

A tag counts as moved when its shift is beyond what contiguous blocks of the training history ever showed
*and* large enough to matter. Tags of the declared context (season, product, load) may move: they are
noticed, not alarmed. Rows in which a sensor is stuck are left out: that is another finding.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from andamio.contracts.contract import Contract, Input
from andamio.errors import Text, text
from andamio.monitoring.findings import Finding, Level
from andamio.monitoring.observation import Observation
from andamio.monitoring.repeats import moment, stuck_rows
from andamio.statistics.profile import Profile, codes_of, watched_score
from andamio.statistics.shift import (
    limit_for,
    median_move,
    quantile_profile,
    scaled_shift,
    share_move,
    shares,
)

WINDOW = 500  # the latest rows that are compared
FEWEST = 50
_MATTERS = 0.5  # spreads of the reference
_MATTERS_SHARE = 0.15
_MARGIN = 1.25  # live rows may lie so much further out than any block of history did


def drift_findings(
    seen: Observation, rows: NDArray[np.int64], contract: Contract, profile: Profile
) -> list[Finding]:
    """Compare the latest rows of one version with its profile.

    Args:
        seen: What the journal holds.
        rows: Places of the version's rows, in time order.
        contract: Names, units and context of the tags.
        profile: From the version's bundle.

    Returns:
        Findings of kind "drift" (inputs) and "prediction-drift"; none below 50 rows.
    """
    latest = rows[-WINDOW:]
    if latest.size < FEWEST:
        return []
    findings = []
    for place, tag in enumerate(contract.numbers):
        findings += _number(seen, latest, contract, tag, place, profile)
    for place, tag in enumerate(contract.categories):
        findings += _category(seen, latest, tag, place, profile)
    return findings + _prediction(seen, latest, contract, profile)


def _number(
    seen: Observation, latest: NDArray[np.int64], contract: Contract, tag: Input, place: int, profile: Profile
) -> list[Finding]:
    stuck = stuck_rows(seen, latest, place, int(profile.longest_run[place]))
    healthy = np.setdiff1d(latest, np.concatenate([*stuck.values(), np.zeros(0, np.int64)]))
    values = seen.numbers[healthy, place]
    values = values[np.isfinite(values)]
    if values.size < FEWEST:
        return []
    reference, current = profile.quantiles[place], quantile_profile(values)
    shift = scaled_shift(reference, current)
    if not _beyond(shift, limit_for(profile.limits[place], values.size), _MATTERS):
        return []
    in_context = tag.name in contract.monitor.context
    move = median_move(reference, current)
    return [
        Finding(
            kind="context" if in_context else "drift",
            level=Level.NOTICE if in_context else Level.ALARM,
            tag=tag.name,
            since=moment(seen, latest[0]),
            what=_moved(tag, move, shift, len(latest)),
            fix=text("it is declared as context, so it may move; nothing to do")
            if in_context
            else text(
                "ask what changed in the process or in the sensor; if it stays, train with the new rows"
            ),
            data={"shift": shift, "median_move": move, "rows": int(values.size)},
        )
    ]


def _moved(tag: Input, move: float, shift: float, rows: int) -> Text:
    values = {
        "tag": tag.name,
        "move": _short(abs(move)),
        "unit": f" {tag.unit}" if tag.unit else "",
        "rows": rows,
        "shift": _short(shift),
    }
    if move >= 0:
        return text(
            "{tag} moved up by {move}{unit} in the last {rows} rows ({shift} times its usual spread)",
            **values,
        )
    return text(
        "{tag} moved down by {move}{unit} in the last {rows} rows ({shift} times its usual spread)", **values
    )


def _category(
    seen: Observation, latest: NDArray[np.int64], tag: Input, place: int, profile: Profile
) -> list[Finding]:
    current = shares(codes_of(seen.categories[latest, place], tag.values), len(tag.values) + 1)
    move = share_move(profile.shares[place], current)
    if not _beyond(move, limit_for(profile.share_limits[place], latest.size), _MATTERS_SHARE):
        return []
    gained = int(np.argmax(current - profile.shares[place]))
    label = tag.values[gained] if gained < len(tag.values) else text("unknown or missing")
    return [
        Finding(
            kind="drift",
            level=Level.ALARM,
            tag=tag.name,
            since=moment(seen, latest[0]),
            what=text(
                "the mix of {tag} changed: {label} went from {before} % to {after} % of the rows",
                tag=tag.name,
                label=label,
                before=round(100 * float(profile.shares[place][gained]), 1),
                after=round(100 * float(current[gained]), 1),
            ),
            fix=text(
                "ask what changed in the process or in the sensor; if it stays, train with the new rows"
            ),
            data={"move": move, "rows": int(latest.size)},
        )
    ]


def _prediction(
    seen: Observation, latest: NDArray[np.int64], contract: Contract, profile: Profile
) -> list[Finding]:
    scores = scores_of(seen, latest)
    if scores.size < FEWEST:
        return []
    current = quantile_profile(scores)
    shift = scaled_shift(profile.score_quantiles, current)
    if not _beyond(shift, limit_for(profile.score_limits, scores.size), _MATTERS):
        return []
    return [
        Finding(
            kind="prediction-drift",
            level=Level.NOTICE,
            tag=contract.output.name,
            since=moment(seen, latest[0]),
            what=text(
                "what the model answers moved: its median went from {before} to {after}",
                before=_short(float(np.median(profile.score_quantiles))),
                after=_short(float(np.median(scores))),
            ),
            fix=text(
                "compare with the truth as it arrives; with input drift beside it, train with the new rows"
            ),
            data={"shift": shift, "rows": int(scores.size)},
        )
    ]


def scores_of(seen: Observation, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the one number a prediction that is watched, as the profile's was computed.

    Returns:
        Shape ``(rows,)``.
    """
    watched = [seen.predictions[row] for row in rows]
    values = [p.value for p in watched if p.value is not None]
    if values:
        return np.array(values, dtype=np.float64)
    probabilities = [p.probabilities for p in watched if p.probabilities is not None]
    return watched_score(np.stack(probabilities), None) if probabilities else np.zeros(0)


def _beyond(distance: float, limit: float, matters: float) -> bool:
    return bool(np.isfinite(limit) and distance > max(_MARGIN * limit, matters))


def _short(value: float) -> float:
    return float(f"{value:.3g}")
