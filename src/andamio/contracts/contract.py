"""What a model promises, as one immutable value. ``reading`` builds it from ``models/NAME.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal

from andamio.contracts.signal import Signal, side_by_side
from andamio.contracts.window import Horizon, Window
from andamio.kernel.digests import sha256

OnFullDisk = Literal["stop", "score-unlogged"]
Threshold = float | Literal["f1", "cost"]


class Kind(StrEnum):
    """What is asked of the model."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    ANOMALY = "anomaly"


class TagType(StrEnum):
    """The type of an input; a waveform is a list of samples, sent with its row."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    WAVEFORM = "waveform"


class OutOfRange(StrEnum):
    """What becomes of a value outside its range."""

    REJECT = "reject"
    CLIP = "clip"
    FLAG = "flag"


class Missing(StrEnum):
    """What becomes of a row without the value."""

    REJECT = "reject"
    IMPUTE = "impute"


class Unknown(StrEnum):
    """What becomes of a category that is not in ``values``."""

    REJECT = "reject"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One tag that the model reads.

    ``column`` is the tag's name in the dataset; ``range`` is inclusive and in ``unit``; a reading is right to
    within ``accuracy``, in ``unit`` too.
    """

    name: str
    type: TagType
    column: str
    unit: str | None = None
    range: tuple[float, float] | None = None
    out_of_range: OutOfRange = OutOfRange.REJECT
    missing: Missing = Missing.REJECT
    values: tuple[str, ...] = ()
    unknown: Unknown = Unknown.REJECT
    rate_hz: float | None = None
    length: int | None = None
    accuracy: float | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Feature:
    """One declared feature: a name and an expression over the inputs, as typed."""

    name: str
    expression: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Is there a way to production? Asked before training; None means nobody has answered.

    ``on_full_disk`` says what is worth more where the journal has no room: the record, or the answer.
    ``keep_signals`` is the share of rows whose samples of signals stay in the journal.
    """

    owner: str | None = None
    runs_at: str | None = None
    inputs_from: str | None = None
    truth_from: str | None = None
    on_full_disk: OnFullDisk = "stop"
    keep_signals: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the model answers. ``threshold`` applies to two-class models; ``coverage`` to intervals."""

    name: str
    threshold: Threshold = "f1"
    unit: str | None = None
    coverage: float = 0.9


@dataclass(frozen=True, slots=True)
class Gate:
    """One acceptance gate: ``metric`` compared (``>=``, ``<=``, ``>``, ``<``) with ``bound``."""

    metric: str
    comparison: str
    bound: float
    line: int = 0

    def holds(self, value: float) -> bool:
        """Tell whether a measured value passes; a value that is not a number never does."""
        return {
            ">=": value >= self.bound,
            "<=": value <= self.bound,
            ">": value > self.bound,
            "<": value < self.bound,
        }[self.comparison]


@dataclass(frozen=True, slots=True)
class SliceGates:
    """Gates that must hold in every slice of the columns ``by``."""

    by: tuple[str, ...]
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class NoiseGate:
    """Gates under input noise: ``level`` is a share of each tag's standard deviation in training."""

    level: float
    gates: tuple[Gate, ...]


@dataclass(frozen=True, slots=True)
class Accept:
    """The gates that decide whether a candidate is deployable."""

    gates: tuple[Gate, ...] = ()
    slices: SliceGates | None = None
    noise: NoiseGate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the graph may weigh and take; None limits nothing.

    Attributes:
        model_mb: Its size in the bundle, in millions of bytes; training keeps to it.
        p99_ms: Milliseconds that 99 of 100 single rows stay under on the box that trains.
        int8: Compute a network in whole numbers of 8 bits, where no decision suffers.
    """

    model_mb: float | None = None
    p99_ms: float | None = None
    int8: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What the two kinds of mistake cost, in ``currency``.

    Of a class ``missed_failure`` and ``false_alarm``, per event; of a number ``late`` and ``early``, for each
    unit by which the answer is too high or too low.
    """

    missed_failure: float = 0.0
    false_alarm: float = 0.0
    late: float | None = None
    early: float | None = None
    currency: str = "USD"

    @property
    def lateness(self) -> tuple[float, float] | None:
        """The prices of answers that are too high and too low, where they have one."""
        return None if self.late is None or self.early is None else (self.late, self.early)


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """How the model is watched."""

    false_alarms_per_month: float = 1.0
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """How a machine that nobody labelled is watched.

    Attributes:
        regime: The category or truth tag that tells start-up, idle and operating points apart; None lets
            training look for operating points itself.
        false_alarm_share: Share of normal rows that may be alarms, where the history has no clock; with one,
            ``[monitor] false_alarms_per_month`` is the budget.
    """

    regime: str | None = None
    false_alarm_share: float = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrain:
    """When and on whose word the model is trained again."""

    schedule: str | None = None
    on: tuple[str, ...] = ()
    approve: Literal["person", "automatic"] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRule:
    """A fixed rule: the positive class when ``tag`` is above, or below, ``bound``."""

    tag: str
    side: Literal["above", "below"]
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Who answers when the model cannot: the last good version first, where ``version``; then the rule."""

    version: bool = True
    rule: ThresholdRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A model's contract.

    ``inputs`` keep the order of the file. ``numbers`` (number, integer, boolean), ``categories`` and
    ``signals`` split them, each in that order: this is the layout of the graph's input tensors, shapes
    ``(rows, len(numbers))`` float32 with NaN for missing, ``(rows, len(categories))`` text with "" for
    missing, and ``(rows, samples of all signals)`` float32 with NaN for a missing sample. ``convolution``
    tries a network over the signals too.
    """

    name: str
    kind: Kind
    data: str
    target: str
    time: str | None = None
    asset: str | None = None
    positive: str | None = None
    horizon: Horizon | None = None
    convolution: bool = False
    window: Window | None = None
    operation: Operation = field(default_factory=Operation)
    inputs: tuple[Input, ...]
    features: tuple[Feature, ...] = ()
    output: Output
    p99_ms: float | None = None
    limits: Limits = field(default_factory=Limits)
    accept: Accept = field(default_factory=Accept)
    costs: Costs | None = None
    monitor: Monitor = field(default_factory=Monitor)
    anomaly: Anomaly = field(default_factory=Anomaly)
    retrain: Retrain = field(default_factory=Retrain)
    fallback: Fallback | None = None
    source: str = ""

    @property
    def numbers(self) -> tuple[Input, ...]:
        """The inputs of the graph's first tensor."""
        return tuple(i for i in self.inputs if i.type in (TagType.NUMBER, TagType.INTEGER, TagType.BOOLEAN))

    @property
    def categories(self) -> tuple[Input, ...]:
        """The inputs of the graph's second tensor."""
        return tuple(i for i in self.inputs if i.type is TagType.CATEGORY)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The signals of the graph's third tensor, each with its columns."""
        return side_by_side(
            Signal(name=i.name, tag=i.name, length=length, rate_hz=rate_hz, unit=i.unit)
            for i in self.inputs
            for length, rate_hz in [self._samples(i)]
            if length
        )

    def _samples(self, declared: Input) -> tuple[int, float | None]:
        if declared.type is TagType.WAVEFORM:
            return declared.length or 0, declared.rate_hz
        if self.window is None or declared.name not in self.window.tags:
            return 0, None
        return self.window.length, self.window.rate_hz

    @property
    def by_rows(self) -> Contract:
        """The contract of the single rows that windows are formed from; itself where there are none."""
        return self if self.window is None else replace(self, window=replace(self.window, tags=()))

    @property
    def by_name(self) -> Mapping[str, Input]:
        """The inputs by tag name."""
        return {i.name: i for i in self.inputs}

    @property
    def digest(self) -> str:
        """The digest of the file's text."""
        return sha256(self.source.encode())
