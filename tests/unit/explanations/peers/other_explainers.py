"""Explain one row of a bundle's graph with SHAP and LIME; they know the ONNX file and nothing of Andamio.

python other_explainers.py graph.onnx table.npz, which holds numbers and categories (the background),
row_numbers, row_categories, and words (all values of the categories).
"""

import json
import sys

import numpy as np
import onnxruntime
import shap
from lime.lime_tabular import LimeTabularExplainer

session = onnxruntime.InferenceSession(sys.argv[1])
table = np.load(sys.argv[2])
words = table["words"].tolist()
width = table["numbers"].shape[1]


def coded(numbers, categories):
    """Lay rows out as one table of numbers, each category by its place among the words."""
    places = [[words.index(word) for word in row] for row in categories.tolist()]
    return np.concatenate([numbers, np.array(places, float).reshape(len(numbers), -1)], axis=1)


def chances(rows):
    """Answer rows: the chance of each class."""
    named = np.array([[words[round(place)] for place in row[width:]] for row in rows], object)
    feeds = {"numbers": rows[:, :width].astype(np.float32), "categories": named}
    return session.run(["probabilities"], feeds)[0].astype(float)


def positive(rows):
    """Answer rows: the chance of the second class."""
    return chances(rows)[:, 1]


background = coded(table["numbers"], table["categories"])
row = coded(table["row_numbers"], table["row_categories"])
masker = shap.maskers.Independent(background, max_samples=len(background))
exact = shap.explainers.Exact(positive, masker)(row)
sampled = shap.explainers.Permutation(positive, masker, seed=0)(row, max_evals=2001)
columns = list(range(width, row.shape[1]))
lime = LimeTabularExplainer(
    background,
    mode="classification",
    categorical_features=columns,
    discretize_continuous=False,
    random_state=0,
).explain_instance(row[0], chances, num_features=row.shape[1])
weights = dict(lime.as_map()[1])
print(
    json.dumps(
        {
            "exact": exact.values[0].tolist(),
            "base": float(np.ravel(exact.base_values)[0]),
            "sampled": sampled.values[0].tolist(),
            "lime": [float(weights.get(place, 0.0)) for place in range(row.shape[1])],
        }
    )
)
