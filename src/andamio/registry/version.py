"""What the registry knows of a model's versions and of the names they carry."""

from __future__ import annotations

from typing import Any, Self

import msgspec
import sqlalchemy as sa

from andamio.bundles import Bundle


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be known of a bundle to register it.

    Attributes:
        model: The model's name.
        digest: The bundle's.
        kind: classification, regression or anomaly.
        dataset: The dataset it was trained on.
        dataset_version: That dataset's version.
        dataset_digest: The digest of that version's content.
        deployable: Whether it passed every gate.
        gates: Each gate's verdict, as the evaluation wrote it.
        parent: The digest of the bundle it was to replace when it was trained.
        note: In the words of whoever trained or brought it.
    """

    model: str
    digest: str
    kind: str
    dataset: str
    dataset_version: int
    dataset_digest: str
    deployable: bool
    gates: list[dict[str, Any]]
    parent: str | None = None
    note: str = ""

    @classmethod
    def of(cls, bundle: Bundle, *, note: str = "") -> Self:
        """Describe a bundle by what it says of itself."""
        dataset = bundle.lineage["dataset"]
        return cls(
            model=bundle.model,
            digest=bundle.digest,
            kind=bundle.info.kind,
            dataset=dataset["name"],
            dataset_version=dataset["version"],
            dataset_digest=dataset["digest"],
            deployable=bundle.evaluation["deployable"],
            gates=bundle.evaluation["gates"],
            parent=bundle.lineage.get("parent"),
            note=note,
        )


class Version(NewVersion, frozen=True, kw_only=True):
    """One version of a model: a bundle with a number.

    Attributes:
        number: 1, 2, 3 … within the model.
        created_at: ISO 8601 in UTC.
        created_by: Who trained or brought it.
    """

    number: int
    created_at: str
    created_by: str

    @property
    def reference(self) -> str:
        """How a person names it: ``pump-health@3``."""
        return f"{self.model}@{self.number}"


class AliasChange(msgspec.Struct, frozen=True, kw_only=True):
    """From ``since`` on, the alias named this version (None: no version)."""

    model: str
    alias: str
    version: int | None
    since: str
    actor: str
    reason: str


class ModelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One model at a glance: how many versions, which one answers, and the newest."""

    model: str
    versions: int
    deployable: int
    champion: Version | None
    champion_since: str | None
    newest: Version


def as_version(row: sa.RowMapping) -> Version:
    """Read a row of the table of versions."""
    return Version(**{**row, "gates": msgspec.json.decode(row["gates"])})
