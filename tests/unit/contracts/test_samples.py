"""Waveforms as files write them."""

from __future__ import annotations

from andamio.contracts.samples import count_samples, read_samples


def test_a_bracketed_list_may_have_decimal_commas() -> None:
    assert count_samples("[0,5; -1,2; 3]", typed=False) == 3
    samples = read_samples(["[0,5; -1,25; 3]"], 3, typed=False)[0]
    assert samples.tolist() == [[0.5, -1.25, 3.0]]
