"""``[monitor]`` and ``[control]`` of ``andamio.toml``: how the watch waits, and where it answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

Minutes = Annotated[float, msgspec.Meta(ge=0, le=100_000)]


class MonitorSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[monitor]``: how long late rows are waited for, and how often the journal is looked at."""

    late_minutes: Minutes = 5.0
    backfill_minutes: Minutes = 60.0
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 30.0


class ControlSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``[control]``: the address of the control process."""

    host: str = "127.0.0.1"
    port: int = 8080
