"""A bundle's graph for boxes that onnxruntime does not reach: OpenVINO files, or C for a microcontroller.

Each target converts the graph and answers the bundle's golden rows and its background rows with what it made.
The answers are compared with the bundle's as every graph is compared with its trained model, and what departs
is not written. An export is a copy: what answers in a plant, is watched and is rolled back stays the bundle.
"""

from andamio.exports.exporting import TARGETS, Exported, export_bundle

__all__ = ["TARGETS", "Exported", "export_bundle"]
