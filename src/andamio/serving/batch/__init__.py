"""Score a file by the same scorer that answers over HTTP: CSV, JSON lines, and Parquet with the plant part.

``reading`` brings a file in as pieces of rows, each checked by the contract; ``writing`` holds the output
back until it is whole; ``run`` joins them. A row that the contract refuses is not scored: it goes, with
every fault, to a file beside the output, ``OUT.rejected.csv``.
"""

from andamio.serving.batch.run import BatchResult, Files, score_file

__all__ = ["BatchResult", "Files", "score_file"]
