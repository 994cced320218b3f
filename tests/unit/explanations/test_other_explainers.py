"""SHAP, asked about the same graph and the same background, says the same; LIME runs too."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from andamio.bundles import Bundle
from andamio.contracts import Rows
from andamio.explanations import Effort, Explainer, Explanation
from andamio.explanations.background import background_of

pytestmark = [pytest.mark.live, pytest.mark.slow]

MADE = Path(__file__).parents[3] / ".venv-explainers" / "bin" / "python"
TANGLED = [
    {"bearing_temp": 0.02, "heat": -0.004, "idle": 1.5, "flow": 0.3, "product=M": 0.7, "product_M": 0.7}
]
TAGS = ("bearing_temp", "flow", "idle", "unused", "product")


@pytest.fixture(scope="module")
def said(build: Callable[..., Bundle], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each explainer says of one row, by tag in the order of ``TAGS``."""
    python = Path(os.environ.get("ANDAMIO_EXPLAINERS_PYTHON") or MADE)
    if not python.is_file():
        pytest.skip(f"SHAP and LIME are not installed at {python}; make explainers installs them")
    bundle = build("two", TANGLED)
    row = Rows(np.array([[91, 8, 1, 3]], np.float32), np.array([["M"]], object), [None], [None], [()])
    folder = tmp_path_factory.mktemp("peers")
    background = background_of(bundle)
    assert background is not None
    rows = background.rows
    np.savez(
        folder / "table.npz",
        numbers=np.nan_to_num(rows.numbers, nan=5.0), categories=rows.categories.astype(str),
        row_numbers=row.numbers, row_categories=row.categories.astype(str), words=np.array(["H", "L", "M"]),
    )  # fmt: skip
    done = subprocess.run(
        [str(python), str(Path(__file__).parent / "peers" / "other_explainers.py"),
         str(bundle.path / "graph.onnx"), str(folder / "table.npz")],
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    ours = Explainer(bundle, bundle.graph()).explain(row, "1m7ycrqwj001ca7j7", Effort())
    few = Explainer(bundle, bundle.graph()).explain(row, "1m7ycrqwj001ca7j7", Effort(graph_rows=1_920))
    return found | {"ours": parts(ours), "our base": ours.base, "our few": parts(few)}


def parts(explanation: Explanation) -> list[float]:
    found = {one.tag.name: one.amount for one in explanation.contributions}
    return [found[tag] for tag in TAGS]


def test_shaps_exact_explainer_says_the_same(said: dict[str, Any]) -> None:
    assert said["ours"] == pytest.approx(said["exact"], abs=1e-6)
    assert said["our base"] == pytest.approx(said["base"], abs=1e-6)
    assert max(map(abs, said["exact"])) > 0.05


def test_shaps_permutation_explainer_comes_near_as_ours_does(said: dict[str, Any]) -> None:
    assert said["sampled"] == pytest.approx(said["ours"], abs=0.01)
    assert said["our few"] == pytest.approx(said["ours"], abs=0.01)


def test_lime_runs_over_the_graph_and_leaves_the_unused_tag_out(said: dict[str, Any]) -> None:
    weights = dict(zip(TAGS, np.abs(said["lime"]), strict=True))
    assert weights["unused"] < 0.1 * max(weights.values()), weights
