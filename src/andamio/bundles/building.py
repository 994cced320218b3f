"""Build a bundle: written in a staging folder, published in one step, named by its digest, signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from andamio.bundles.arrays import write_arrays
from andamio.bundles.contents import MANIFEST, RECORD, SIGNATURE, manifest_of
from andamio.bundles.graph import GraphInfo
from andamio.bundles.keys import Signer
from andamio.bundles.opening import Bundle, open_bundle, verify
from andamio.bundles.seal import seal
from andamio.errors import text
from andamio.kernel.digests import canonical_json, sha256
from andamio.storage.files import (
    make_folder,
    publish_folder,
    remove_abandoned_staging,
    staging_folder,
    write_file,
)
from andamio.storage.locks import folder_lock

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleParts:
    """Everything under a bundle's digest.

    Nothing here may depend on the time of day, the host or the user: that goes into the record.
    ``golden`` are rows with the answers they must get (``golden.golden_rows`` writes them).
    """

    model: str
    contract_text: str
    graph: bytes
    info: GraphInfo
    reference: Mapping[str, NDArray[Any]]
    golden: list[dict[str, Any]]
    evaluation: dict[str, Any]
    parity: dict[str, Any]
    lineage: dict[str, Any]

    def files(self) -> dict[str, bytes]:
        """Write the files, byte for byte the same for the same parts."""
        return {
            "contract.toml": self.contract_text.encode(),
            "graph.onnx": self.graph,
            "graph.json": canonical_json(self.info),
            "reference.npz": write_arrays(self.reference),
            "golden.json": canonical_json(self.golden),
            "evaluation.json": canonical_json(self.evaluation),
            "parity.json": canonical_json(self.parity),
            "lineage.json": canonical_json(self.lineage),
        }

    def digest(self) -> str:
        """Return the digest that a bundle of these parts has."""
        return sha256(manifest_of(self.model, self.files()))


def build_bundle(parts: BundleParts, store: Path, signer: Signer, record: dict[str, Any]) -> Bundle:
    """Write a bundle into the store, or return the one that is there already.

    Args:
        parts: What the digest covers.
        store: The folder of bundles, one folder per digest.
        signer: The key that vouches for it.
        record: What happened when it was made: times, host, user, latencies, head of the audit log. It
            is signed and lies outside the digest; a bundle that is there already keeps its own.

    Returns:
        The bundle, opened again from the store with every check.

    Raises:
        BundleRefused: The parts hold what no bundle may hold, or a folder of this digest is in the
            store and is not what the signer's key signed.
        Busy: Another process builds in this store, and did not end within a minute.
        DiskFull: There is no room; the store is as it was.
    """
    files = parts.files()
    manifest = manifest_of(parts.model, files)
    digest = sha256(manifest)
    recorded = canonical_json(record)
    contents = {**files, MANIFEST: manifest, RECORD: recorded, SIGNATURE: seal(signer, digest, recorded)}
    verify(store / digest, contents, [signer.public])
    make_folder(store)
    with folder_lock(store, text("the store of bundles"), patience_s=_PATIENCE_S):
        remove_abandoned_staging(store)
        if not (store / digest).exists():
            _publish(contents, store, digest)
    return open_bundle(store / digest, [signer.public])


def _publish(contents: Mapping[str, bytes], store: Path, digest: str) -> None:
    with staging_folder(store) as staging:
        for name, content in sorted(contents.items()):
            write_file(staging / name, content)
        publish_folder(staging, store / digest)
