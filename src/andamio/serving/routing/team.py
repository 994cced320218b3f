"""The loaded versions of one route, each in its part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from andamio.bundles.deployment import Trial
from andamio.kernel.ids import IdMaker
from andamio.serving.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Who works for one model.

    Attributes:
        champion: Answers what nobody else does; its contract decodes every row.
        ids: Where prediction ids come from.
        trial: The trial under way.
        challenger: The version that the trial lets answer a share.
        shadow: The version that is asked everything and answers nobody.
        last_good: The version before, where the contract lets it stand in.
    """

    champion: Scorer
    ids: IdMaker
    trial: Trial | None = None
    challenger: Scorer | None = None
    shadow: Scorer | None = None
    last_good: Scorer | None = None

    @property
    def alone(self) -> bool:
        """Whether the champion answers everything, unheard, and nobody may stand in for it."""
        helped = self.champion.contract.fallback is not None
        return self.trial is None and self.shadow is None and not helped

    def members(self) -> Iterator[Scorer]:
        """Yield every loaded version, the champion first."""
        for scorer in (self.champion, self.challenger, self.shadow, self.last_good):
            if scorer is not None:
                yield scorer

    def told(self) -> dict[str, object]:
        """Tell a program who is at work beside the champion."""
        told: dict[str, object] = {}
        if self.trial is not None:
            told[self.trial.kind] = {"version": self.trial.challenger.version, "share": self.trial.share}
        if self.shadow is not None:
            told["shadow"] = {"version": self.shadow.version}
        return told
