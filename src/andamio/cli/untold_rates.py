"""Warn of waveforms whose rate nobody has told, before anybody trusts a frequency."""

from __future__ import annotations

from andamio.cli.output import Output
from andamio.contracts import Contract
from andamio.features.untold import untold_rates


def tell_untold_rates(out: Output, contract: Contract) -> None:
    """Say which waveforms still have the rate that a draft gives them."""
    for name in untold_rates(contract):
        out.say(
            "{name}: rate_hz = 1 is what a draft says where the file does not tell. Until it is right, every "
            "frequency of it is wrong, and bands that follow a speed find nothing",
            name=name,
            style="yellow",
        )
