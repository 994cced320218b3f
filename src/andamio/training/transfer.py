"""Learn from a sister asset: the prediction of its model as one more feature, where that pays.

A model that was trained on a like machine knows the shape of the process; the new machine's few rows then
only need to tell how it differs (stacked generalisation). The feature is offered to every kind of model and
kept where it lowers the out-of-fold loss by more than its standard error; else nothing of it remains.

Source: Wolpert, Stacked generalization, Neural Networks 5 (1992); Pan & Yang, A survey on transfer learning
(2010), for transfer of parameters and of predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

from andamio.bundles import Bundle
from andamio.contracts.contract import Contract, Feature, Input, Kind
from andamio.errors import Text, UsageError, text
from andamio.features import SISTER_COLUMN, Sister, read_network

# Stands among the found features of a trial for the sister's prediction.
SISTER = Feature(SISTER_COLUMN, "")
# The kinds of models that hold a network over signals; the second begins from a like machine's.
FAMILY = "convolution"
BEGUN = "convolution_begun"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the sister's prediction was worth.

    Attributes:
        name: Its version.
        digest: Of its bundle.
        share: The share of the out-of-fold loss that it takes away; negative when it adds some.
        used: Whether the model reads it.
        network: Whether it was a network to begin from, and not a prediction.
    """

    name: str
    digest: str
    share: float
    used: bool
    network: bool = False

    @property
    def sentence(self) -> Text:
        """Say so."""
        share = float(f"{100 * self.share:.2g}")
        if self.network and self.used:
            return text(
                "It was begun from the network of {sister}: that takes {share} % of the loss away.",
                sister=self.name,
                share=share,
            )
        if self.network:
            return text(
                "Beginning from the network of {sister} was tried and left out: it does not lower the loss by"
                " more than chance would.",
                sister=self.name,
            )
        if self.used:
            return text(
                "The prediction of {sister} is one of its features: it takes {share} % of the loss away.",
                sister=self.name,
                share=share,
            )
        return text(
            "The prediction of {sister} was tried as a feature and left out: it does not lower the loss by"
            " more than chance would.",
            sister=self.name,
        )


def sister_of(bundle: Bundle, name: str, contract: Contract) -> Sister:
    """Make a sister of a bundle whose inputs are among those of a contract.

    Raises:
        UsageError: It reads tags that the contract does not declare alike, or answers something else.
    """
    other = bundle.contract
    begun = _network_of(bundle, name, contract)
    if begun is not None:
        return begun
    missing = [i.name for i in other.inputs if not _same(i, contract.by_name.get(i.name))]
    if missing:
        raise UsageError(
            text("{sister} reads what {model} does not", sister=name, model=contract.name),
            why=text("not declared with the same type and unit: {tags}", tags=", ".join(missing)),
            fix=text("declare these inputs alike, or leave --from out"),
        )
    info = bundle.info
    known = info.kind == Kind.REGRESSION or info.positive is not None
    if not known or other.kind is Kind.ANOMALY or other.signals:
        raise UsageError(
            text(
                "{sister} reads signals, or gives neither a number nor the chance of one event", sister=name
            ),
            fix=text("name a version of a regression or of a two-class model without signals"),
        )
    numbers = {i.name: place for place, i in enumerate(contract.numbers)}
    categories = {i.name: place for place, i in enumerate(contract.categories)}
    regression = info.kind == Kind.REGRESSION
    return Sister(
        name=name,
        digest=bundle.digest,
        model=bundle.graph_bytes,
        places={
            "numbers": tuple(numbers[i.name] for i in other.numbers),
            "categories": tuple(categories[i.name] for i in other.categories),
        },
        output="value" if regression else "probabilities",
        column=None if regression else info.positive,
    )


def _same(theirs: Input, ours: Input | None) -> bool:
    return ours is not None and (ours.type, ours.unit, ours.values) == (
        theirs.type,
        theirs.unit,
        theirs.values,
    )


def _network_of(bundle: Bundle, name: str, contract: Contract) -> Sister | None:
    """Take the network over signals out of a bundle, where it has one that our signals fit."""
    ours = {(s.name, s.length, s.rate_hz, s.unit) for s in contract.signals}
    theirs = [s for s in bundle.contract.signals if (s.name, s.length, s.rate_hz, s.unit) in ours]
    if not theirs:
        return None
    known = str(bundle.lineage.get("learnt", {}).get("params", {}).get("family", ""))
    if known not in (FAMILY, BEGUN):
        return None
    names = tuple(bundle.lineage["learnt"]["params"]["signals"])
    if not set(names) <= {signal.name for signal in theirs}:
        return None
    samples = next(signal.length for signal in theirs if signal.name == names[0])
    network = read_network(bundle.graph_bytes, names, samples)
    if network is None:
        return None
    return Sister(name, bundle.digest, b"", {}, "", None, network)
