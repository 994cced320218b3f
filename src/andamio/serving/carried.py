"""What came of rows that travelled in a dialect: the answers, who gave them, and whether they are recorded.

Every dialect says it in its own way where it has one, and all of them by two headers: ``X-Andamio-Version``
names the versions that answered, ``X-Andamio-Recorded: false`` says that the journal has nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from andamio.journal import PredictionRecord
from andamio.serving.answers import Prediction


class Carried(NamedTuple):
    """The answers to the rows of one request, in their order.

    Attributes:
        predictions: One a row.
        record: The record of them all, or of those that the champion gave.
        versions: Who answered each row; empty where one version answers everything.
        fallback: Which rows somebody stood in for; as long as ``versions``.
        recorded: Whether the journal has them.
    """

    predictions: Sequence[Prediction]
    record: PredictionRecord
    versions: Sequence[int] = ()
    fallback: Sequence[bool] = ()
    recorded: bool = True

    def without_record(self) -> Carried:
        """Return the same answers, saying that they are not recorded."""
        told = [msgspec.structs.replace(prediction, recorded=False) for prediction in self.predictions]
        return self._replace(predictions=told, recorded=False)

    def answered_by(self) -> list[int]:
        """Return the versions that answered, lowest first."""
        return sorted(set(self.versions)) or [self.record.version]

    def version(self) -> int | None:
        """Return the version that answered; None where there were several."""
        told = self.answered_by()
        return told[0] if len(told) == 1 else None

    def native(self) -> Sequence[object]:
        """Return the predictions as the native answer does, each with its version where there are several."""
        if not self.versions:
            return self.predictions
        return [
            msgspec.structs.asdict(prediction)
            | {"version": version}
            | ({"quality": "fallback"} if stood_in else {})
            for prediction, version, stood_in in zip(
                self.predictions, self.versions, self.fallback, strict=True
            )
        ]

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return what every dialect says in the same way."""
        said = [(b"x-andamio-version", b", ".join(b"%d" % version for version in self.answered_by()))]
        return said if self.recorded else [*said, (b"x-andamio-recorded", b"false")]
