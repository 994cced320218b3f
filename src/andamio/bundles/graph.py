"""Run a bundle's graph: from the raw tags of some rows to features and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from threading import Lock
from time import perf_counter
from typing import Any

import msgspec
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from andamio.contracts import Rows
from andamio.errors import GraphRefused, Text, text

CLASSIFICATION_OUTPUTS = ("features", "probabilities", "decision")
REGRESSION_OUTPUTS = ("features", "value", "lower", "upper")
ANOMALY_OUTPUTS = ("features", "score", "decision", "health")
_OUTPUTS = {"classification": CLASSIFICATION_OUTPUTS, "anomaly": ANOMALY_OUTPUTS}
# The score of an anomaly is its value: what is recorded, watched and explained.
_FIELDS = {"score": "value"}
_TABLES = frozenset({"features", "probabilities"})
_COMPANY = 64
_FEW, _SLOW_S = 4, 0.02
_SAMPLES_AT_ONCE = 1 << 17


class GraphInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the graph's tensors mean; ``graph.json`` in a bundle.

    ``numbers`` and ``categories`` name the columns of its first two inputs, ``signals`` and ``samples`` say
    which signals lie side by side in the third and how many columns each has, ``features`` names the
    columns of its output of that name, ``classes`` those of ``probabilities``. ``positive`` is the index of
    the class that ``threshold`` decides about. ``coverage`` is the share that ``lower`` to ``upper`` is to
    cover.
    """

    kind: str
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    samples: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    positive: int | None = None
    threshold: float | None = None
    coverage: float | None = None


class Outputs(msgspec.Struct, frozen=True, kw_only=True, gc=False, eq=False):
    """What the graph answered, for n rows.

    ``features`` float32 ``(n, features)`` (None when not asked for); for classification
    ``probabilities`` float32 ``(n, classes)`` and ``decision`` int64 ``(n,)``, the index of a class; for
    regression ``value``, ``lower``, ``upper`` float32 ``(n,)``; for an anomaly ``value`` is the score, 1 the
    limit, with ``decision`` and ``health`` float32 ``(n,)``, 0 to 100.
    """

    features: NDArray[np.float32] | None = None
    probabilities: NDArray[np.float32] | None = None
    decision: NDArray[np.int64] | None = None
    value: NDArray[np.float32] | None = None
    lower: NDArray[np.float32] | None = None
    upper: NDArray[np.float32] | None = None
    health: NDArray[np.float32] | None = None


class Graph:
    """A loaded graph. One instance may be used by several threads at once."""

    def __init__(self, model: bytes, info: GraphInfo, threads: int = 1) -> None:
        """Load the graph.

        Args:
            model: A single-file ONNX model whose safety has been checked (``safety.graph_faults``).
            info: What its tensors mean.
            threads: Threads for one run; 1 is the quickest for single rows.

        Raises:
            GraphRefused: onnxruntime cannot load it, or its inputs and outputs are not as declared.
        """
        self.info = info
        self._session = start_session(model, threads)
        _check_shape(self._session, info)
        produced = {output.name for output in self._session.get_outputs()}
        wanted = _OUTPUTS.get(info.kind, REGRESSION_OUTPUTS)
        self._all = [name for name in wanted if name in produced]
        self._answers = [name for name in self._all if name != "features"]
        columns = {output.name for output in self._session.get_outputs() if len(output.shape or ()) != 1}
        self._columns = columns - _TABLES
        """Outputs of one number a row that are not plain lists, such as shape ``(n, 1)``."""
        self._takes_numbers = bool(info.numbers)
        self._takes_categories = bool(info.categories)
        self._takes_signals = bool(info.signals)

        bound = self._takes_numbers and not self._takes_categories and not self._takes_signals
        self._one_row = _OneRow(self._session, self._answers, self._columns, info) if bound else None

    def run(self, rows: Rows, *, features: bool = True) -> Outputs:
        """Answer some rows; without ``features`` they are not handed out, which is quicker."""
        if len(rows.numbers) == 1 and not features and self._one_row is not None:
            answer = self._one_row.run(rows.numbers)
            if answer is not None:
                return answer
        feeds: dict[str, NDArray[np.generic]] = {}
        if self._takes_numbers:
            feeds["numbers"] = rows.numbers
        if self._takes_categories:
            feeds["categories"] = rows.categories
        if self._takes_signals and rows.signals is not None:
            feeds["signals"] = rows.signals
        names = self._all if features else self._answers
        return _outputs(names, self._in_parts(names, feeds), self._columns)

    def _in_parts(
        self, names: Sequence[str], feeds: Mapping[str, NDArray[np.generic]]
    ) -> Sequence[NDArray[Any]]:
        """Run the graph; over long signals a few rows at a time, which bounds memory and suits the cache."""
        samples = feeds.get("signals")
        if samples is not None and not len(samples):
            # A product of a constant with no rows is refused by onnxruntime: one row is asked, and left out.
            blank = {"numbers": np.float32(0), "categories": "", "signals": np.float32(0)}
            one = {name: np.full((1, values.shape[1]), blank[name]) for name, values in feeds.items()}
            one = {name: values.astype(feeds[name].dtype) for name, values in one.items()}
            return [column[:0] for column in self._session.run(names, one)]
        if samples is None or samples.size <= _SAMPLES_AT_ONCE:
            found: Sequence[NDArray[Any]] = self._session.run(names, feeds)
            return found
        step = max(1, _SAMPLES_AT_ONCE // samples.shape[1])
        parts = [
            self._session.run(names, {name: values[start : start + step] for name, values in feeds.items()})
            for start in range(0, len(samples), step)
        ]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def run_each(self, rows: Rows) -> Outputs:
        """Answer some rows as ``run`` answers each of them alone, to the bit; without features."""
        alone = [self.run(row, features=False) for row in _one_by_one(rows)]
        fields = [field_of(name) for name in self._answers]
        return Outputs(**{name: np.concatenate([getattr(one, name) for one in alone]) for name in fields})

    def is_rowwise(self, rows: Rows) -> bool:
        """Tell whether the answers to these rows are the same, to the bit, alone and in company.

        A sum of products may be taken in another order when there are more rows; trees add up row by row.
        A graph so slow that this takes long is not asked to the end, and counts as one that is not.
        """
        if not len(rows):
            return False
        began_s = perf_counter()
        self.run_each(rows.take(np.zeros(_FEW, np.intp)))
        if perf_counter() - began_s > _SLOW_S:
            return False
        many = rows.take(np.arange(_COMPANY) % len(rows))
        alone = self.run_each(many)
        return all(
            np.array_equal(_bits(getattr(together, name)), _bits(getattr(alone, name)[:size]))
            for size in (2, 3, 5, 8, 13, 21, 34, _COMPANY)
            for together in (self.run(many.take(np.arange(size)), features=False),)
            for name in map(field_of, self._answers)
        )


class _OneRow:
    """Runs a graph of numbers over one row in memory that is bound once, which saves a quarter of the run."""

    def __init__(
        self, session: ort.InferenceSession, names: Sequence[str], columns: Set[str], info: GraphInfo
    ) -> None:
        self._input = np.zeros((1, len(info.numbers)), np.float32)
        # What one row's answers look like, the graph alone can say.
        answers: list[NDArray[Any]] = [
            np.ascontiguousarray(found) for found in session.run(names, {"numbers": self._input})
        ]
        self._binding = session.io_binding()
        self._binding.bind_ortvalue_input("numbers", ort.OrtValue.ortvalue_from_numpy(self._input))
        for name, answer in zip(names, answers, strict=True):
            self._binding.bind_ortvalue_output(name, ort.OrtValue.ortvalue_from_numpy(answer))
        bound = _outputs(names, answers, columns)
        self._probabilities, self._decision = bound.probabilities, bound.decision
        self._value, self._lower, self._upper = bound.value, bound.lower, bound.upper
        self._health = bound.health
        self._run = session.run_with_iobinding
        self._free = Lock()

    def run(self, numbers: NDArray[np.float32]) -> Outputs | None:
        """Answer one row; None when another thread is using the memory at this moment."""
        if not self._free.acquire(blocking=False):
            return None
        try:
            self._input[:] = numbers
            self._run(self._binding)
            if self._probabilities is not None and self._decision is not None:
                return Outputs(probabilities=self._probabilities.copy(), decision=self._decision.copy())
            if self._health is not None:
                return _detected(self._value, self._decision, self._health)
            return Outputs(value=_copy(self._value), lower=_copy(self._lower), upper=_copy(self._upper))
        finally:
            self._free.release()


def _detected(
    score: NDArray[np.float32] | None, decision: NDArray[np.int64] | None, health: NDArray[np.float32]
) -> Outputs:
    chosen = None if decision is None else decision.copy()
    return Outputs(value=_copy(score), decision=chosen, health=health.copy())


def field_of(output: str) -> str:
    """Return what an output of the graph is called among the answers."""
    return _FIELDS.get(output, output)


def _copy(answer: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    return None if answer is None else answer.copy()


def _outputs(names: Sequence[str], found: Sequence[NDArray[Any]], columns: Set[str]) -> Outputs:
    answers = dict(zip(names, found, strict=True))
    for name in columns:
        answers[name] = answers[name].reshape(-1)
    return Outputs(**{field_of(name): answer for name, answer in answers.items()})


def _one_by_one(rows: Rows) -> Iterator[Rows]:
    return (rows.take(np.array([place])) for place in range(len(rows)))


def _bits(answer: NDArray[Any]) -> NDArray[Any]:
    """Return the bytes of an answer, in which one NaN is like another and 0 is not -0."""
    return np.frombuffer(answer.tobytes(), np.uint8)


def start_session(model: bytes, threads: int) -> ort.InferenceSession:
    """Load an ONNX model, for little memory and few rows at a time.

    Raises:
        GraphRefused: onnxruntime cannot load it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # Bytes that are also onnxruntime's own format would pass the check of the ONNX reading.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:  # onnxruntime's exceptions share no root of their own
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise GraphRefused(
            text("onnxruntime cannot load the graph"),
            why=text("{reason}", reason=str(error).splitlines()[0][:300]),
            fix=text("train or bring the model again with the libraries of this release"),
        ) from error


def _check_shape(session: ort.InferenceSession, info: GraphInfo) -> None:
    expected = {
        "numbers": ("tensor(float)", len(info.numbers)),
        "categories": ("tensor(string)", len(info.categories)),
        "signals": ("tensor(float)", sum(info.samples)),
    }
    declared = {name: shape for name, shape in expected.items() if shape[1]}
    found = {entry.name: (entry.type, _width(entry.shape)) for entry in session.get_inputs()}
    if found != declared:
        raise _mismatch(text("the graph's inputs are not the declared ones"), declared, found)
    produced = {entry.name: (entry.type, entry.shape) for entry in session.get_outputs()}
    required = _required_outputs(info)
    wrong = {name: form for name, form in required.items() if produced.get(name, ("",))[0] != form}
    if wrong:
        there = {name: form[0] for name, form in produced.items()}
        raise _mismatch(text("the graph's outputs are not the declared ones"), required, there)


def _required_outputs(info: GraphInfo) -> Mapping[str, str]:
    if info.kind == "classification":
        return {"features": "tensor(float)", "probabilities": "tensor(float)", "decision": "tensor(int64)"}
    if info.kind == "anomaly":
        floats = dict.fromkeys(("features", "score", "health"), "tensor(float)")
        return {**floats, "decision": "tensor(int64)"}
    return {"features": "tensor(float)", "value": "tensor(float)"}


def _width(shape: list[int | str | None]) -> int | str | None:
    return shape[1] if len(shape) == 2 else None


def _mismatch(what: Text, declared: Mapping[str, object], found: Mapping[str, object]) -> GraphRefused:
    return GraphRefused(
        what,
        why=text("declared {declared}, found {found}", declared=declared, found=found),
        fix=text("train or bring the model again with the libraries of this release"),
    )
