"""What the labels tell that a plant asked for: half of them were picked where the model is unsure.

Counted one by one they make a model look worse than it is. So each stands for as many rows as its chance
says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andamio.bundles import GraphInfo
from andamio.errors import Text, text
from andamio.journal import Judged
from andamio.monitoring.labelling.marks import Estimated, Mark, estimate_loss, read_mark
from andamio.monitoring.performance.measuring import class_of, number_of


@dataclass(frozen=True, slots=True)
class Asked:
    """The labels that came by ``andamio label``.

    Attributes:
        labels: How many.
        at_random: How many of their rows were drawn at random.
        is_share: Whether the loss is the share of wrong answers; else it is the mean absolute error.
        loss: Of all rows, told from these; None where no answer can be held against its label.
    """

    labels: int
    at_random: int
    is_share: bool
    loss: Estimated | None

    @property
    def sentences(self) -> tuple[Text, ...]:
        """Say so."""
        counted = text(
            "{labels} of them by andamio label, {random} drawn at random and {rest} picked where they tell"
            " most; the measures above count all alike",
            labels=self.labels,
            random=self.at_random,
            rest=self.labels - self.at_random,
        )
        if self.loss is None:
            return (counted,)
        value, low, high = (float(f"{one:.3g}") for one in (self.loss.value, self.loss.low, self.loss.high))
        if self.is_share:
            of_all = text(
                "of all rows, by the chance that each label had: {value} answered wrongly,"
                " 95 % interval {low} to {high}",
                value=value,
                low=max(low, 0.0),
                high=min(high, 1.0),
            )
        else:
            of_all = text(
                "of all rows, by the chance that each label had: off by {value} on average,"
                " 95 % interval {low} to {high}",
                value=value,
                low=max(low, 0.0),
                high=high,
            )
        return counted, of_all


def asked_for(judged: Sequence[Judged], info: GraphInfo) -> Asked | None:
    """Tell what the labels say that were asked for; None where none were."""
    marked = [(one, mark) for one in judged if (mark := read_mark(one.truth.source)) is not None]
    if not marked:
        return None
    known: list[tuple[float, Mark]] = []
    for one, mark in marked:
        loss = _loss(one, info)
        if loss is not None:
            known.append((loss, mark))
    return Asked(
        labels=len(marked),
        at_random=sum(mark.why == "random" for _, mark in marked),
        is_share=bool(info.classes),
        loss=estimate_loss(
            [loss for loss, _ in known], [mark for _, mark in known], is_share=bool(info.classes)
        ),
    )


def _loss(one: Judged, info: GraphInfo) -> float | None:
    prediction, truth = one.prediction, one.truth.value
    if info.classes:
        place = class_of(truth, {label: i for i, label in enumerate(info.classes)})
        known = prediction.decision is not None and place is not None
        return float(prediction.decision != place) if known else None
    measured = number_of(truth)
    if prediction.value is None or measured is None:
        return None
    return abs(prediction.value - measured)
