"""Export a bundle: build for a target, compare answer by answer, and write the folder if they agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from andamio.bundles import Bundle
from andamio.bundles.golden import rows_of
from andamio.bundles.parity import certify
from andamio.contracts.rows import Rows
from andamio.errors import ExportRefused, FolderTaken, text
from andamio.exports.c import CTarget
from andamio.exports.openvino import OpenVinoTarget
from andamio.exports.target import Built, Target
from andamio.storage.files import publish_folder, staging_folder, write_file

TARGETS: Mapping[str, Target] = {"openvino": OpenVinoTarget(), "c": CTarget()}


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    facts: Mapping[str, Any]


def export_bundle(bundle: Bundle, reference: str, to: str, folder: Path) -> Exported:
    """Export a bundle into a new folder.

    Args:
        bundle: A verified bundle.
        reference: What its version is called.
        to: A key of ``TARGETS``.
        folder: What is to be made; it must not be there, or be empty.

    Raises:
        ExportRefused: The target cannot do it, or answers otherwise than the bundle.
        FolderTaken: Something is in the folder.
        MissingExtra: A package of the target is not installed.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(
            text("{folder} is not empty", folder=folder), fix=text("name a folder that is not there yet")
        )
    rows = _rows(bundle)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(folder.parent) as staging:
        built = TARGETS[to].build(bundle, rows, staging)
        certificate = certify(built.answer, bundle.graph(), rows)
        if not certificate["passed"]:
            raise _departs(bundle, to, certificate)
        facts = _facts(bundle, reference, to, built, certificate, staging)
        write_file(staging / "export.json", json.dumps(facts, indent=2, sort_keys=True).encode() + b"\n")
        write_file(staging / "README.md", _page(facts, built).encode())
        if folder.exists():
            folder.rmdir()
        publish_folder(staging, folder)
    return Exported(folder, facts)


def _rows(bundle: Bundle) -> Rows:
    """Return the golden rows, then the background rows where there are some."""
    golden, arrays = rows_of(bundle.golden), bundle.reference()
    if "background.numbers" not in arrays:
        return golden
    numbers, categories = arrays["background.numbers"], arrays["background.categories"]
    count = len(golden) + len(numbers)
    signals = golden.signals
    if signals is not None:
        signals = np.concatenate([signals, arrays["background.signals"]])
    return Rows(
        np.concatenate([golden.numbers, numbers]).astype(np.float32),
        np.concatenate([golden.categories, categories.astype(object)]),
        [None] * count,
        [None] * count,
        [()] * count,
        signals,
    )


def _facts(
    bundle: Bundle, reference: str, to: str, built: Built, certificate: Mapping[str, Any], staging: Path
) -> dict[str, Any]:
    parity = {name: found for name, found in certificate.items() if name not in {"cases", "thresholds"}}
    info = bundle.info
    return {
        "version": reference,
        "digest": bundle.digest,
        "target": to,
        "made_with": dict(built.made_with),
        "parity": parity,
        "kind": info.kind,
        "numbers": list(info.numbers),
        "categories": list(info.categories),
        "signals": list(info.signals),
        "classes": list(info.classes),
        "threshold": info.threshold,
        "files": {path.name: path.stat().st_size for path in sorted(staging.iterdir())},
        **built.about,
    }


_PAGE = """\
# {version} for {target}

Made from the bundle `{digest}`. Over {rows} rows no decision differs from the bundle's, and no number by
more than {most:.2g} (allowed: {tolerance:g}). `export.json` says the same for programs.

The contract's checks are not in here: rows must already be in its units and within its ranges, with NaN for a
missing number and an empty text for a missing category.

{notes}"""


def _page(facts: Mapping[str, Any], built: Built) -> str:
    parity = facts["parity"]
    return _PAGE.format(
        version=facts["version"],
        target=facts["target"],
        digest=facts["digest"],
        rows=parity["rows"],
        most=parity["max_abs_difference"],
        tolerance=parity["tolerance"],
        notes=built.notes,
    )


def _departs(bundle: Bundle, to: str, certificate: Mapping[str, Any]) -> ExportRefused:
    return ExportRefused(
        text("{model} answers otherwise as {target}; nothing was written", model=bundle.model, target=to),
        why=text(
            "over {rows} rows {flips} decisions differ, and numbers by up to {most} (allowed: {tolerance})",
            rows=certificate["rows"],
            flips=certificate["decision_flips"],
            most=certificate["max_abs_difference"],
            tolerance=certificate["tolerance"],
        ),
        fix=text("run the bundle itself: andamio serve and andamio score need no conversion"),
    )
