"""When the scoring process traces, and what it says where it cannot."""

from __future__ import annotations

import sys

import pytest

from andamio.cli.serve import _tracing
from andamio.errors import MissingExtra
from andamio.kernel.settings import TracesSection

STANDARD = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(autouse=True)
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STANDARD, raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    monkeypatch.delitem(sys.modules, "andamio.serving.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)


def test_nothing_is_traced_and_nothing_is_loaded_without_an_address() -> None:
    assert _tracing(TracesSection()) is None
    assert "andamio.serving.tracing" not in sys.modules


def test_the_standard_variable_alone_asks_for_nothing_where_the_extra_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(STANDARD, "http://127.0.0.1:4318")
    assert _tracing(TracesSection()) is None


def test_settings_that_name_a_collector_need_the_extra() -> None:
    with pytest.raises(MissingExtra) as missing:
        _tracing(TracesSection(endpoint="http://127.0.0.1:4318"))
    assert "[otel]" in str(missing.value.fix)
