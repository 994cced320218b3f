"""Features: declared once as arithmetic over tags, compiled to ONNX, appended to by the model.

A contract's expressions are read by a grammar of their own (``parse``), checked for names, shapes and
units (``check_features``), and compiled with the contract's policies into one graph
(``FeaturePlan`` -> ``feature_graph``). Training computes its matrix by running that graph
(``run_features``); the trained model is then appended to the same graph (``append_model``), so what
is trained on and what answers cannot differ.

Models reach the graph as scores: ``export_lightgbm(booster)``, ``export_forest(forest)``,
``export_linear(coefficients, intercept)``, ``export_dummy(values)``, ``Kernel``. Scores combine: ``average``,
``Combined``, ``Logistic``, ``Softmax``, ``Platt``, ``Isotonic``, ``Normalised``, ``Limited``,
``Selected``, ``Beside``, ``Exponential``, ``Curves``; a model brought as a file is one too (``bring_onnx``).
``Classifier``, ``Regressor`` and ``Detector`` say which score is which answer:

    plan = learn_plan(contract, training_rows)         # medians and most frequent values
    graph = feature_graph(plan)
    matrix = run_features(graph, rows)
    model = append_model(graph, Classifier(Platt(export_lightgbm(booster, raw=True), a, b), threshold=0.3))

Reading and checking expressions is light; what writes graphs loads when it is first asked for, so that
``andamio contract check`` waits for no ONNX library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from andamio.features.checking import Described, check_features, describe_features, parse
from andamio.features.plan import FeaturePlan

if TYPE_CHECKING:
    from andamio.features.answers import Classifier, Detector, Regressor, append_model
    from andamio.features.calibrations import Isotonic, Normalised, Platt
    from andamio.features.curves import Curves, powers
    from andamio.features.distances import ByRegime, Distance, Ratio, Reconstruction, Smallest
    from andamio.features.exports import export_dummy, export_forest, export_lightgbm, export_linear
    from andamio.features.foreign import bring_onnx
    from andamio.features.graph import FeatureGraph, feature_graph, run_channels, run_features
    from andamio.features.integers import in_whole_numbers
    from andamio.features.kernels import Kernel
    from andamio.features.learning import learn_plan
    from andamio.features.networks import Floating, Layer, Network
    from andamio.features.reading_networks import read_network
    from andamio.features.scores import (
        Always,
        Beside,
        Combined,
        Exponential,
        Limited,
        Linear,
        Logistic,
        Score,
        Selected,
        Softmax,
        average,
    )
    from andamio.features.sisters import SISTER_COLUMN, Sister
    from andamio.features.trees import Trees

_WHEN_ASKED = {
    "answers": ("Classifier", "Detector", "Regressor", "append_model"),
    "calibrations": ("Isotonic", "Normalised", "Platt"),
    "curves": ("Curves", "powers"),
    "distances": ("ByRegime", "Distance", "Ratio", "Reconstruction", "Smallest"),
    "exports": ("export_dummy", "export_forest", "export_lightgbm", "export_linear"),
    "foreign": ("bring_onnx",),
    "graph": ("FeatureGraph", "feature_graph", "run_channels", "run_features"),
    "kernels": ("Kernel",),
    "integers": ("in_whole_numbers",),
    "learning": ("learn_plan",),
    "networks": ("Floating", "Layer", "Network"),
    "reading_networks": ("read_network",),
    "scores": (
        "Always",
        "Beside",
        "Combined",
        "Exponential",
        "Limited",
        "Linear",
        "Logistic",
        "Score",
        "Selected",
        "Softmax",
        "average",
    ),
    "sisters": ("SISTER_COLUMN", "Sister"),
    "trees": ("Trees",),
}
_HOME = {name: module for module, names in _WHEN_ASKED.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"andamio.features.{_HOME[name]}"), name)


__all__ = [
    "SISTER_COLUMN",
    "Always",
    "Beside",
    "ByRegime",
    "Classifier",
    "Combined",
    "Curves",
    "Described",
    "Detector",
    "Distance",
    "Exponential",
    "FeatureGraph",
    "FeaturePlan",
    "Floating",
    "Isotonic",
    "Kernel",
    "Layer",
    "Limited",
    "Linear",
    "Logistic",
    "Network",
    "Normalised",
    "Platt",
    "Ratio",
    "Reconstruction",
    "Regressor",
    "Score",
    "Selected",
    "Sister",
    "Smallest",
    "Softmax",
    "Trees",
    "append_model",
    "average",
    "bring_onnx",
    "check_features",
    "describe_features",
    "export_dummy",
    "export_forest",
    "export_lightgbm",
    "export_linear",
    "feature_graph",
    "in_whole_numbers",
    "learn_plan",
    "parse",
    "powers",
    "read_network",
    "run_channels",
    "run_features",
]
