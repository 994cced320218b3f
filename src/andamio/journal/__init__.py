"""The durable record of every prediction, every refusal and, later, every truth.

``writing`` appends records to segment files, one row of segments per worker, and acknowledges them when
they are committed; ``segments`` and ``frames`` are the form on disk, ``healing`` what is done after a
crash; ``reading`` yields everything in time order and passes over nothing silently; ``finding`` takes one
prediction out by its id; ``truth`` joins what was predicted with what happened. Monitoring reads here and
nowhere else.
"""

from andamio.journal.finding import find_prediction
from andamio.journal.reading import Archive, ArchiveView, Cursor, Damage, read_journal
from andamio.journal.records import (
    BatchRecord,
    Prediction,
    PredictionRecord,
    Record,
    RejectedRow,
    RejectRecord,
    ServiceRecord,
    ShadowRecord,
    TruthRecord,
    prediction_record,
)
from andamio.journal.since import records_since
from andamio.journal.truth import Judged, TruthJoin, count_joined, join_truth
from andamio.journal.writing import Durability, Journal

__all__ = [
    "Archive",
    "ArchiveView",
    "BatchRecord",
    "Cursor",
    "Damage",
    "Durability",
    "Journal",
    "Judged",
    "Prediction",
    "PredictionRecord",
    "Record",
    "RejectRecord",
    "RejectedRow",
    "ServiceRecord",
    "ShadowRecord",
    "TruthJoin",
    "TruthRecord",
    "count_joined",
    "find_prediction",
    "join_truth",
    "prediction_record",
    "read_journal",
    "records_since",
]
