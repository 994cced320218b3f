"""What every test shares: where the real data lies, and that in CI nothing is skipped in silence."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = Path(__file__).parent / "allowed_skips.toml"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real industrial data, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("ANDAMIO_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real data sets are not at {folder}; ANDAMIO_TEST_DATA names another folder")
    return folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Under ANDAMIO_CI a skip is a failure, unless tests/allowed_skips.toml lists it with its reason."""
    outcome = yield
    report = outcome.get_result()
    if not report.skipped or not os.environ.get("ANDAMIO_CI") or hasattr(report, "wasxfail"):
        return
    allowed = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))
    if item.nodeid.split("[")[0] not in allowed:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, and not listed in {ALLOWED.name}: {report.longrepr}"
