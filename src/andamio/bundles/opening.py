"""Open a bundle: everything is verified before anything of it is believed, loaded or run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from andamio.bundles.arrays import read_arrays
from andamio.bundles.contents import (
    DIGESTED,
    FORMAT,
    MANIFEST,
    RECORD,
    SIGNATURE,
    Manifest,
    read_canonical,
    read_object,
)
from andamio.bundles.folder import read_folder
from andamio.bundles.graph import Graph, GraphInfo
from andamio.bundles.keys import PublicKey
from andamio.bundles.refusal import Suspicious, fault, refused
from andamio.bundles.safety import graph_faults
from andamio.bundles.seal import check_seal
from andamio.contracts import Contract, parse_contract
from andamio.errors import Fault, InputRefused, text
from andamio.kernel.digests import sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified bundle. Everything here was signed by ``key``."""

    path: Path
    digest: str
    key: PublicKey
    model: str
    contract: Contract
    graph_bytes: bytes
    info: GraphInfo
    golden: list[dict[str, Any]]
    evaluation: dict[str, Any]
    parity: dict[str, Any]
    lineage: dict[str, Any]
    record: dict[str, Any]
    _arrays: Mapping[str, NDArray[Any]]

    def reference(self) -> Mapping[str, NDArray[Any]]:
        """Return the profile of the data it was trained on, as named read-only arrays."""
        return self._arrays

    def graph(self, threads: int = 1) -> Graph:
        """Load the graph, ready to run.

        Raises:
            GraphRefused: This box's onnxruntime cannot load it.
        """
        return Graph(self.graph_bytes, self.info, threads)


def open_bundle(path: Path, trusted: Sequence[PublicKey]) -> Bundle:
    """Open the bundle in a folder that is named by its digest.

    The folder is read once; what is returned is what was verified.

    Args:
        path: ``<store>/<digest>``.
        trusted: The public keys that the settings pin.

    Raises:
        NotFound: There is no such folder.
        BundleRefused: One byte differs from what a trusted key signed, a file is missing, too many, too
            large or not plain, or the graph holds what no bundle may hold.
    """
    bundle = verify(path, read_folder(path), trusted)
    if path.name != bundle.digest:
        raise refused(path, [fault(path.name, text("the folder's name is not the digest of what it holds"))])
    return bundle


def verify(path: Path, contents: Mapping[str, bytes], trusted: Sequence[PublicKey]) -> Bundle:
    """Check the contents of a bundle's files against their signature, then read them.

    Raises:
        BundleRefused: They do not hold.
    """
    try:
        digest, key = check_seal(contents[SIGNATURE], contents[RECORD], trusted)
    except Suspicious as suspicion:
        raise refused(path, [fault(SIGNATURE, suspicion.what)]) from suspicion
    faults = _content_faults(contents, digest)
    if faults:
        raise refused(path, faults)
    manifest = read_canonical(contents[MANIFEST], Manifest)
    faults = [fault("graph.onnx", what) for what in graph_faults(contents["graph.onnx"])]
    if faults:
        raise refused(path, faults)
    return _Reader(path, contents).bundle(digest, key, manifest.model)


def _content_faults(contents: Mapping[str, bytes], digest: str) -> list[Fault]:
    if sha256(contents[MANIFEST]) != digest:
        return [fault(MANIFEST, text("it is not the manifest that was signed"))]
    try:
        manifest = read_canonical(contents[MANIFEST], Manifest)
    except Suspicious as suspicion:
        return [fault(MANIFEST, suspicion.what)]
    if manifest.format != FORMAT or manifest.files.keys() != DIGESTED.keys():
        return [
            fault(MANIFEST, text("it lists other files than this release knows; install the newer release"))
        ]
    return [
        fault(name, text("it is not the file that was signed"))
        for name, entry in sorted(manifest.files.items())
        if entry.size != len(contents[name]) or entry.sha256 != sha256(contents[name])
    ]


class _Reader:
    """Reads verified contents; what does not hold even so was built wrong, and is refused as well."""

    def __init__(self, path: Path, contents: Mapping[str, bytes]) -> None:
        self._path = path
        self._contents = contents

    def bundle(self, digest: str, key: PublicKey, model: str) -> Bundle:
        name = "contract.toml"
        try:
            contract = parse_contract(
                self._contents[name].decode(),
                name=model,
                file=name,
                check_units=False,  # they were checked before it was signed
            )
            name = "graph.json"
            info = read_canonical(self._contents[name], GraphInfo)
            name = "golden.json"
            golden = read_canonical(self._contents[name], list[dict[str, Any]])
            name = "reference.npz"
            arrays = read_arrays(self._contents[name])
            name = "evaluation.json"
            evaluation = read_object(self._contents[name])
            name = "parity.json"
            parity = read_object(self._contents[name])
            name = "lineage.json"
            lineage = read_object(self._contents[name])
            name = RECORD
            record = read_object(self._contents[name])
        except (Suspicious, InputRefused) as error:
            raise refused(self._path, [fault(name, error.what)]) from error
        except UnicodeDecodeError as error:
            raise refused(self._path, [fault(name, text("it is not UTF-8 text"))]) from error
        return Bundle(
            path=self._path,
            digest=digest,
            key=key,
            model=model,
            contract=contract,
            graph_bytes=self._contents["graph.onnx"],
            info=info,
            golden=golden,
            evaluation=evaluation,
            parity=parity,
            lineage=lineage,
            record=record,
            _arrays=arrays,
        )
