"""Read what a contract says of networks over signals: ``[model] convolution`` and ``[limits] int8``."""

from __future__ import annotations

from collections.abc import Sequence

from andamio.contracts.contract import Input, Kind, TagType
from andamio.contracts.reading.section import Section
from andamio.contracts.window import Window
from andamio.errors import text


def read_convolution(section: Section, kind: Kind) -> bool:
    """Read ``[model] convolution``: whether a network over the signals is tried too."""
    asked = _flag(section, "convolution")
    if asked and kind is Kind.ANOMALY:
        section.wrong("convolution", text("{key} says nothing about a {type}", key="convolution", type=kind))
    return asked


def check_convolution(root: Section, inputs: Sequence[Input], window: Window | None, *, asked: bool) -> None:
    """Note a network that has no signal to read."""
    if asked and window is None and not any(i.type is TagType.WAVEFORM for i in inputs):
        root.findings.add(
            text("a convolutional network reads signals, and this contract has none"),
            ("model", "convolution"),
            fix=text('declare an input of type "waveform", or a section [window], or remove convolution'),
        )


def read_int8(section: Section, *, asked: bool) -> bool:
    """Read ``[limits] int8``: whether a network is to be computed in whole numbers of 8 bits."""
    int8 = _flag(section, "int8")
    if int8 and not asked:
        section.wrong(
            "int8",
            text("int8 is about a convolutional network, and none is asked for"),
            fix=text("write convolution = true in [model], or remove int8"),
        )
    return int8


def _flag(section: Section, key: str) -> bool:
    value = section.raw(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    section.wrong(key, text("{key} must be true or false", key=key))
    return False
