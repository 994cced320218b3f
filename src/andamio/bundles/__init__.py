"""The bundle: an immutable, content-addressed, signed folder, the unit of deployment and of rollback.

``build`` writes one into the store; ``opening`` lets nothing of it run before every byte has been
checked against a signature by a pinned key (``keys``), and every operator against the standard
domains (``safety``). ``graph`` runs it from raw tags to answers, ``parity`` proves that it answers as the
trained model did. ``deployment`` is the file that says which bundles answer, and ``workers`` what each
scoring process says of itself.
"""

from andamio.bundles.graph import Graph, GraphInfo, Outputs

__all__ = ["Graph", "GraphInfo", "Outputs"]
