"""What this room refuses: features that cannot be compiled, models that cannot be appended."""

from __future__ import annotations

from andamio.errors import InputRefused


class FeaturesRefused(InputRefused):
    """The features of a contract cannot be compiled; every reason is a fault."""

    code = "features-refused"


class ModelRefused(InputRefused):
    """A model cannot become part of a bundle's graph."""

    code = "model-refused"
