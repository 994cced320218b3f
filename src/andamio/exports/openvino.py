"""OpenVINO: the graph as its own two files, for processors and accelerators of Intel."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from andamio.bundles import Bundle, Outputs
from andamio.bundles.graph import (
    ANOMALY_OUTPUTS,
    CLASSIFICATION_OUTPUTS,
    REGRESSION_OUTPUTS,
    GraphInfo,
    field_of,
)
from andamio.contracts.rows import Rows
from andamio.errors import MissingExtra, text
from andamio.exports.target import Built, cannot

_FILE = "model.xml"
# Single precision on one thread: what the parity of answers is about.
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
_ANSWERS = {*CLASSIFICATION_OUTPUTS, *REGRESSION_OUTPUTS, *ANOMALY_OUTPUTS} - {"features"}
_UNKNOWN = "No conversion rule found for operations:"
_NOTES = """\
Load it in single precision, in which it was compared; in half precision it may answer otherwise:
`openvino.Core().compile_model('model.xml', 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})`.
Inputs `numbers` and `signals` are float32, a row each line; outputs have the names of the bundle's graph.
"""


class OpenVinoTarget:
    """Reads the ONNX graph with OpenVINO itself, which asks nobody outside, and asks the saved files."""

    def build(self, bundle: Bundle, rows: Rows, folder: Path) -> Built:  # noqa: ARG002
        """Write ``model.xml`` and ``model.bin``, in single precision."""
        openvino = _openvino()
        core = openvino.Core()
        try:
            model = core.read_model(io.BytesIO(bundle.graph_bytes))
        except RuntimeError as error:
            raise cannot(
                bundle,
                "OpenVINO",
                _unknown(str(error)),
                text("OpenVINO knows neither trees nor categories; export to c, or run the bundle itself"),
            ) from error
        openvino.save_model(model, str(folder / _FILE), compress_to_fp16=False)
        compiled = core.compile_model(str(folder / _FILE), "CPU", _SETTINGS)
        return Built(
            answer=lambda asked: _outputs(compiled(_feeds(bundle.info, asked))),
            made_with={"openvino": str(openvino.__version__)},
            notes=_NOTES,
        )


def _openvino() -> Any:
    try:
        return importlib.import_module("openvino")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            text("exporting to {target} needs the package {package}", target="OpenVINO", package="openvino"),
            fix=text("install Andamio's {extra} extra from where this copy came from", extra="[openvino]"),
        ) from error


def _feeds(info: GraphInfo, rows: Rows) -> Mapping[str, NDArray[Any]]:
    feeds: dict[str, NDArray[Any]] = {}
    if info.numbers:
        feeds["numbers"] = np.ascontiguousarray(rows.numbers)
    if info.signals and rows.signals is not None:
        feeds["signals"] = np.ascontiguousarray(rows.signals)
    return feeds


def _outputs(found: Any) -> Outputs:
    answers = {name: np.asarray(value) for key, value in found.items() for name in key.names}
    # An output may also be known by the name of the value that it is made from.
    told = {field_of(name): value for name, value in answers.items() if name in _ANSWERS}
    return Outputs(**{n: v if n == "probabilities" else v.reshape(-1) for n, v in told.items()})


def _unknown(reason: str) -> str:
    lines = [line.split(_UNKNOWN, 1)[1] for line in reason.splitlines() if _UNKNOWN in line]
    return lines[0].strip() if lines else reason.strip().splitlines()[-1]
