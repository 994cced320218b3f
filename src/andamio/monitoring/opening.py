"""From a plant's folder to the watch of the version that answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from andamio.bundles import Bundle, PublicKey, open_bundle
from andamio.bundles.deployment import Served
from andamio.journal import Archive
from andamio.kernel.settings import PlantFolder
from andamio.monitoring.asset_line import Patience
from andamio.monitoring.detectors import Reference, factory_of
from andamio.monitoring.findings import Finding
from andamio.monitoring.following import Follower
from andamio.monitoring.learnt import learnt_findings
from andamio.monitoring.performance.harm import LossDetector
from andamio.monitoring.performance.judging import Judging
from andamio.monitoring.references import Learnt, References
from andamio.monitoring.stream import Stream
from andamio.monitoring.watch import STEP, Watch
from andamio.monitoring.watch_file import WatchFile

LOCK = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One version under watch.

    Attributes:
        model: The model.
        served: The version that answers.
        bundle: Its bundle.
        reference: What it is held against.
        rebase: The rebase that this comes from; None when it is the bundle's own.
        follower: The watch, the journal, and where it is kept.
    """

    model: str
    served: Served
    bundle: Bundle
    reference: Reference
    rebase: Learnt | None
    follower: Follower

    @property
    def watch(self) -> Watch:
        """The watch itself."""
        return self.follower.watch

    def standing(self) -> Sequence[Finding]:
        """Return what stands, the most urgent first, and last what it has learnt too little to judge."""
        return [*self.watch.standing(), *learnt_findings(self.bundle.contract, self.reference)]


def open_watch(
    folder: PlantFolder,
    model: str,
    served: Served,
    *,
    archive: Archive | None,
    kept: bool = True,
    step: int = STEP,
    after_rebase: bool = True,
) -> Watched:
    """Make the watch of a version and bring it to where it was left.

    Args:
        folder: The plant's.
        model: The model.
        served: The version.
        archive: The journal's past, where there is one.
        kept: Go on from the kept state; a replay begins with nothing.
        step: Rows of an asset between two questions to its detectors.
        after_rebase: Pass over rows that happened before a rebase; a replay looks at any.

    Raises:
        BundleRefused: Its bundle is not what a trusted key signed.
        NotTrusted: The rebase that counts is not.
    """
    trusted = [PublicKey.parse(pinned) for pinned in folder.settings.keys.trusted]
    bundle = open_bundle(folder.bundles / served.digest, trusted)
    rebase, reference = _reference(folder, model, bundle, trusted)
    settings = folder.settings.monitor
    begins = rebase.until if rebase is not None and after_rebase else -math.inf
    zone = folder.settings.time_zone
    judging = Judging(
        partial(LossDetector.of, bundle, zone=zone),
        bundle.info,
        (served.version, served.digest),
        zone=zone,
        begins=begins,
    )
    watch = Watch(
        factory_of(bundle.contract, reference),
        patience=Patience(
            late_s=60 * settings.late_minutes,
            backfill_s=60 * settings.backfill_minutes,
            gap_s=60 * folder.settings.alarms.gap_minutes,
        ),
        step=step,
        begins=begins,
        judging=judging,
    )
    stream = Stream(
        folder.journal,
        bundle.contract,
        served.version,
        served.digest,
        zone=zone,
        archive=archive,
    )
    name = "bundle" if rebase is None else rebase.id
    file = WatchFile(
        folder.monitor / model / f"{served.version}-{served.digest[:12]}" / f"{name}.npz",
        of=f"{model}@{served.version} {served.digest} {name}",
    )
    follower = Follower(stream, watch, file if kept else None)
    follower.begin()
    return Watched(
        model=model, served=served, bundle=bundle, reference=reference, rebase=rebase, follower=follower
    )


def _reference(
    folder: PlantFolder, model: str, bundle: Bundle, trusted: Sequence[PublicKey]
) -> tuple[Learnt | None, Reference]:
    references = References(folder.monitor / model / "references")
    name = references.current(bundle.digest)
    if name is None:
        return None, bundle.reference()
    record, arrays = references.open(name, trusted)
    return record, arrays
