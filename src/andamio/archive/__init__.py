"""The journal's past, as Delta tables that anything can read.

``compaction`` moves closed segments into four tables, ``predictions``, ``truths``, ``rejects`` and
``events``, and prunes what is older than the plant keeps; ``frames`` turns records into rows and
``rebuilding`` turns rows into the same records again; ``tables`` publishes a version of a table all at
once; ``view`` is what ``read_journal`` reads, so that nobody who reads the journal can tell what was moved
and what was not.
"""

from andamio.archive.compaction import Compacted, compact
from andamio.archive.view import DeltaArchive

__all__ = ["Compacted", "DeltaArchive", "compact"]
