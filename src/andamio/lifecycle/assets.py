"""Which assets a plant has, as far as its journal tells."""

from __future__ import annotations

from pathlib import Path

from andamio.bundles.route import ASSIGNED
from andamio.journal import PredictionRecord, read_journal


def known_assets(journal: Path, model: str) -> tuple[str, ...]:
    """Return the assets that a model was asked about, sorted; it stops when there are very many."""
    found: set[str] = set()
    for record in read_journal(journal):
        if isinstance(record, PredictionRecord) and record.model == model:
            found.update(asset for asset in record.assets if asset)
        if len(found) > ASSIGNED:
            break
    return tuple(sorted(found))
