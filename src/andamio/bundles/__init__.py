"""The bundle: an immutable, content-addressed, signed folder, the unit of deployment and of rollback.

``building`` writes one into the store; ``opening`` lets nothing of it run before every byte has been
checked against a signature by a pinned key (``keys``, ``seal``), and every operator against the standard
domains (``safety``). ``graph`` runs it from raw tags to answers, ``parity`` proves that it answers as the
trained model did. ``deployment`` is the file that says which bundles answer, and ``workers`` what each
scoring process says of itself.
"""

from andamio.bundles.building import BundleParts, build_bundle
from andamio.bundles.graph import Graph, GraphInfo, Outputs
from andamio.bundles.keys import PublicKey, Signer, create_key, load_key
from andamio.bundles.opening import Bundle, open_bundle

__all__ = [
    "Bundle",
    "BundleParts",
    "Graph",
    "GraphInfo",
    "Outputs",
    "PublicKey",
    "Signer",
    "build_bundle",
    "create_key",
    "load_key",
    "open_bundle",
]
