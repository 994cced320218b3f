"""The prediction of another model as a feature: its whole graph, inside the new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import spox
import spox.opset.ai.onnx.v18 as op
from onnx.utils import Extractor
from spox import Var

from andamio.features.networks import Network

# No tag can be called so: a dot is not part of a name.
SISTER_COLUMN = "sister.prediction"


@dataclass(frozen=True, slots=True, eq=False)
class Sister:
    """Another model that reads some of the same tags.

    Attributes:
        name: Its version, as ``press@2``.
        digest: Of its bundle.
        model: Its graph, from raw tags to the answer.
        places: For each of its inputs by name, where its columns are among ours.
        output: The output that is taken.
        column: Which column of it; None where it is a plain list.
        network: Its network over the same signals, to begin from instead of asking for its prediction.
    """

    name: str
    digest: str
    model: bytes
    places: Mapping[str, tuple[int, ...]]
    output: str
    column: int | None
    network: Network | None = None

    def nodes(self, arguments: Mapping[str, Var]) -> Var:
        """Inline its graph over our inputs; float32 ``(rows, 1)``."""
        read = [name for name, places in self.places.items() if places]
        model = Extractor(onnx.load_from_string(self.model)).extract_model(read, [self.output])
        given = {
            name: op.gather(arguments[name], op.const(np.array(self.places[name], dtype=np.int64)), axis=1)
            for name in read
        }
        answer = spox.inline(model)(**given)[self.output]
        if self.column is not None:
            answer = op.gather(answer, op.const(np.array([self.column])), axis=1)
        return op.reshape(op.cast(answer, to=np.float32), op.const(np.array([-1, 1])))
