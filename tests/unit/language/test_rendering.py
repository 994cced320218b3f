"""An error as a person reads it, and as a program reads it."""

from __future__ import annotations

import pytest

from andamio.errors import Busy, Fault, RowsRejected, text
from andamio.language import error_json, render_error, speak


def fault(row: int) -> Fault:
    return Fault(
        "contract-range",
        text("row {row} is out", row=row),
        where=text("{place}", place="pump-health@3"),
        why=text("{reason}", reason="the range"),
        fix=text("check the sensor"),
        data={"row": row},
    )


def test_an_error_says_what_where_why_and_what_to_do() -> None:
    error = Busy(text("held"), where=text("here"), why=text("process 7"), fix=text("wait"))
    with speak("en"):
        assert render_error(error).splitlines() == [
            "error[busy]: held",
            "  where   here",
            "  why     process 7",
            "  try     wait",
            "  more    andamio error busy",
        ]


def test_the_labels_follow_the_language() -> None:
    error = Busy(text("held"), fix=text("wait"))
    with speak("es"):
        assert "  pruebe  wait" in render_error(error)


def test_parts_that_are_not_there_leave_no_empty_line() -> None:
    assert len(render_error(Busy(text("held"))).splitlines()) == 2


def test_the_faults_follow_under_the_headline_and_name_the_page() -> None:
    shown = render_error(RowsRejected(text("refused"), faults=[fault(1), fault(2)]))
    assert shown.count("error[contract-range]") == 2
    assert shown.endswith("andamio error contract-range")


@pytest.mark.parametrize(("count", "rest"), [(20, None), (21, "1 more"), (75, "55 more")])
def test_after_twenty_faults_the_others_are_counted(count: int, rest: str | None) -> None:
    with speak("en"):
        shown = render_error(RowsRejected(text("refused"), faults=[fault(i) for i in range(count)]))
    assert shown.count("error[contract-range]") == 20
    assert ("more; --json" in shown) == (rest is not None)
    assert rest is None or rest in shown


def test_a_program_gets_every_fault_with_its_data() -> None:
    error = RowsRejected(text("refused"), faults=[fault(i) for i in range(75)], data={"rows": 75})
    body = error_json(error)["error"]
    assert isinstance(body, dict)
    assert (body["code"], body["data"], len(body["faults"])) == ("rows-rejected", {"rows": 75}, 75)
    first = {"code", "what", "where", "why", "try", "data"}
    assert body["faults"][0].keys() == first
    assert body["faults"][3]["data"] == {"row": 3}
