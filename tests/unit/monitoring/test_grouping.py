"""What several machines say together is told once, with all their names."""

from __future__ import annotations

from datetime import UTC, datetime

from andamio.errors import text
from andamio.monitoring import Cause, Finding, Level
from andamio.monitoring.grouping import together


def _said(kind: str, tag: str | None, asset: str | None, *, hour: int = 0, sure: float = 0.5) -> Finding:
    return Finding(
        kind=kind,
        level=Level.ALARM,
        what=text("{tag} moved", tag=f"{tag} of {asset}"),
        fix=text("look"),
        tag=tag,
        asset=asset,
        since=datetime(2026, 1, 1, hour, tzinfo=UTC),
        certainty=sure,
    )


def test_the_same_tag_on_several_machines_is_one_finding_in_the_words_of_the_surest() -> None:
    (one,) = together(
        [
            _said("drift", "vibration", "p2", hour=5),
            _said("drift", "vibration", "p1", hour=3, sure=0.9),
            _said("drift", "vibration", "p3", hour=7),
        ]
    )
    assert str(one.what) == "vibration of p1 moved; the like on p2, p3"
    assert one.asset is None
    assert one.since == datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert one.data["assets"] == ["p1", "p2", "p3"]


def test_other_tags_and_single_machines_stay_as_they_are() -> None:
    findings = [
        _said("drift", "vibration", "p1"),
        _said("drift", "flow", "p2"),
        _said("stuck", "flow", "p1"),
        _said("offset", "flow", "p2"),
        _said("harm", "failure", None),
    ]
    assert together(findings) == findings


def test_a_sensor_that_leaves_on_several_machines_is_no_sensor() -> None:
    (one,) = together([_said("offset", "flow", "p1"), _said("offset", "flow", "p2")])
    assert (one.kind, one.cause, one.asset) == ("offset", Cause.PROCESS, None)
    (one,) = together([_said("dropout", "flow", "p1"), _said("dropout", "flow", "p2")])
    assert one.cause is Cause.PIPELINE


def test_what_drift_says_is_not_said_again_as_sensors_of_several_machines() -> None:
    leaving = [_said("sensor-drift", "vibration", asset) for asset in ("p1", "p2", "p3")]
    (one,) = together([*leaving, _said("drift", "vibration", "p1")])
    assert one.kind == "drift"
    assert len(together([leaving[0], _said("drift", "vibration", "p1")])) == 2
