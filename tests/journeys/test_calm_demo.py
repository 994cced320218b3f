"""Without fault and drift the demo cries wolf for neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from andamio.cli.application import run


@pytest.mark.live
@pytest.mark.slow
def test_calm_plants_have_no_fault_and_no_more_false_alarms_than_they_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alarmed = 0
    for seed in range(1, 6):
        chosen = ["--calm", "--seed", str(seed), "--trials", "2"]
        ends = ["--exit", "--json", "--port", "0", "--folder", str(tmp_path / str(seed))]
        status = run(["demo", *chosen, *ends])
        said = capsys.readouterr()
        assert status == 0, said.out + said.err
        findings = json.loads(said.out)["findings"]
        told = {finding["kind"] for chapter in findings.values() for finding in chapter}
        assert findings.keys() == {"quiet", "odd", "after"}
        assert told & {"stuck", "missing", "prediction-drift", "harm"} == set()
        alarmed += "drift" in told
    # One false alarm a month is the budget, and each story lasts longer than that.
    assert alarmed <= 2
