"""The one exception tree: every fault carries data, and nothing here knows how it is shown.

    AndamioError
    ├── UsageError            exit 2   the command was typed wrong
    ├── InputRefused          exit 3   a file, a row, a contract is not acceptable as it is
    ├── NotFound              exit 4   what was named does not exist
    ├── NotTrusted            exit 5   a signature, a digest or an audit chain does not hold
    ├── Busy                  exit 6   somebody else holds what is needed
    ├── Unequipped            exit 7   this box lacks something: disk, a package, a port
    └── AnswerIsNo            exit 1   the work was done and its answer is no (a gate, a check)

An error says what, where, why, and what to do (``fix``). All faults of one input are collected
before raising: they travel in ``faults``. ``language`` renders them for a person, ``to_json`` for a
program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

EXIT_DONE = 0
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence for a person, kept apart from its values so that it can be said in any language.

    ``template`` is the English sentence with ``{holes}``; it is also the key of its translation.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template.format_map({k: str(v) for k, v in self.values.items()})


def text(template: str, /, **values: object) -> Text:
    """Build a sentence to be translated when it is shown: ``text("{n} rows refused", n=3)``."""
    return Text(template, values)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: what, where, why, and what to do."""

    code: str
    what: Text
    where: Text | None = None
    why: Text | None = None
    fix: Text | None = None
    data: Mapping[str, object] = field(default_factory=dict)


class AndamioError(Exception):
    """The root. ``code`` is stable and has an offline page: ``andamio error CODE``."""

    code: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = EXIT_BUG

    def __init__(
        self,
        what: Text,
        *,
        where: Text | None = None,
        why: Text | None = None,
        fix: Text | None = None,
        faults: Sequence[Fault] = (),
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(str(what))
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix
        self.faults = tuple(faults)
        self.data: Mapping[str, object] = data or {}


class UsageError(AndamioError):
    """The command was typed wrong."""

    code = "usage"
    exit_status = 2


class AddressRefused(UsageError):
    """The scoring process listens on this box only, until access tokens exist."""

    code = "address-refused"


class InputRefused(AndamioError):
    """A file, a row or a contract is not acceptable as it is."""

    code = "input-refused"
    exit_status = 3


class BodyRefused(InputRefused):
    """The body of a request is not JSON, or not of the form that the address takes."""

    code = "body-refused"


class BodyTypeRefused(InputRefused):
    """The body of a request does not say that it is of a type that the address takes."""

    code = "body-type"


class BodyTooLarge(InputRefused):
    """The body of a request, or the number of its rows, is above the cap."""

    code = "body-too-large"


class BodyLate(InputRefused):
    """The body of a request did not arrive whole in time."""

    code = "body-late"


class MethodRefused(InputRefused):
    """An address of the scoring process was asked with another method than the one it takes."""

    code = "method-refused"


class ModelUnnamed(InputRefused):
    """An address that names no model was asked, and several models are deployed."""

    code = "model-unnamed"


class FeedbackRejected(InputRefused):
    """A truth that came back cannot be recorded as it is."""

    code = "feedback-rejected"


class ContractInvalid(InputRefused):
    """A contract's file is not TOML, or does not mean what a contract means."""

    code = "contract-invalid"


class RowsRejected(InputRefused):
    """Rows break the contract: a type, a range, a missing value, an unknown category or tag."""

    code = "rows-rejected"


class UnitUnknown(InputRefused):
    """Nobody knows a unit, or two units do not measure the same thing."""

    code = "contract-unit"


class SettingsInvalid(InputRefused):
    """``andamio.toml`` does not hold."""

    code = "settings-invalid"


class TrainingDataRefused(InputRefused):
    """The dataset cannot be trained on as it is: no target, one class only, too few rows."""

    code = "training-data"


class ModelRefused(InputRefused):
    """A brought model cannot be taken as it is: a pickle, a wrong input, an unknown operator."""

    code = "model-refused"


class FeaturesRefused(InputRefused):
    """The features of a contract cannot be compiled; every reason is a fault."""

    code = "features-refused"


class FolderTaken(InputRefused):
    """A new folder's name is taken by something that is not empty."""

    code = "folder-taken"


class GraphRefused(InputRefused):
    """A graph uses what no bundle may hold, or its inputs and outputs are not the declared ones."""

    code = "graph-refused"


class AccessFileDamaged(InputRefused):
    """The file of access tokens cannot be read as it is."""

    code = "access-file-damaged"


class CertificateRefused(InputRefused):
    """The files of the TLS certificate and its key cannot be used as they are."""

    code = "certificate-refused"


class DeploymentDamaged(InputRefused):
    """The file that says what answers cannot be read as it is."""

    code = "deployment-damaged"


class RouteRefused(InputRefused):
    """A version cannot be tried beside the champion: it reads other tags, or answers already."""

    code = "route-refused"


class NotFound(AndamioError):
    """What was named does not exist."""

    code = "not-found"
    exit_status = 4


class ContractNotFound(NotFound):
    """There is no contract of that name in the plant's folder."""

    code = "contract-not-found"


class NoSuchAddress(NotFound):
    """The scoring process has no such address."""

    code = "no-such-address"


class ModelNotServed(NotFound):
    """No deployment names this model, or its bundle could not be opened."""

    code = "model-not-served"


class PredictionNotFound(NotFound):
    """The journal holds no prediction of that id, or not any more, or never held its row."""

    code = "prediction-not-found"


class NotExplainable(NotFound):
    """A prediction is there, and what an explanation needs beside it is not."""

    code = "not-explainable"


class VersionNotFound(NotFound):
    """The registry has no such model, version or alias."""

    code = "version-not-found"


class NotTrusted(AndamioError):
    """A signature, a digest or an audit chain does not hold."""

    code = "not-trusted"
    exit_status = 5


class HostRefused(NotTrusted):
    """A request came under a name that is not this box's own (DNS rebinding)."""

    code = "host-refused"


class TokenRequired(NotTrusted):
    """A request came without an access token, and this scoring process asks for one."""

    code = "token-required"


class TokenRefused(NotTrusted):
    """A request came with an access token that opens nothing: unknown, revoked or expired."""

    code = "token-refused"


class NotAllowed(NotTrusted):
    """The access token is good, and does not allow this action on this model."""

    code = "not-allowed"


class GoldenRowsDiffer(NotTrusted):
    """A bundle answers its golden rows differently on this box than where it was built."""

    code = "golden-rows-differ"


class AuditBroken(NotTrusted):
    """The audit log's chain does not hold: a row was edited, deleted, moved or inserted."""

    code = "audit-broken"


class BundleRefused(NotTrusted):
    """A bundle is not exactly what a trusted key signed, or holds what no bundle may hold."""

    code = "bundle-refused"


class KeyRefused(NotTrusted):
    """A key's file is readable by others, lies in the plant's folder, or holds no Ed25519 key."""

    code = "key-refused"


class Busy(AndamioError):
    """Somebody else holds what is needed."""

    code = "busy"
    exit_status = 6


class DeploymentChanged(Busy):
    """Somebody else changed what answers between the reading and the writing."""

    code = "deployment-changed"


class Overloaded(Busy):
    """More requests are being answered at this moment than the cap allows."""

    code = "overloaded"


class RateLimited(Busy):
    """An access token has asked more often than its limit of requests per minute."""

    code = "rate-limited"


class Unequipped(AndamioError):
    """This box lacks something: disk space, a package, a port."""

    code = "unequipped"
    exit_status = 7


class NothingDeployed(Unequipped):
    """The scoring process lives, and no model has been deployed to it yet."""

    code = "nothing-deployed"


class TooSlowHere(Unequipped):
    """A version answers its golden rows later on this box than its contract promises."""

    code = "too-slow-here"


class MemoryShort(Unequipped):
    """This box has not the memory for one more version."""

    code = "memory-short"


class PortTaken(Unequipped):
    """Another process listens at this address already."""

    code = "port-taken"


class DatabaseUnreachable(Unequipped):
    """The database's server does not answer, or its file cannot be opened."""

    code = "database-unreachable"


class DatabaseTooNew(Unequipped):
    """A newer Andamio has changed the database's schema."""

    code = "database-too-new"


class AnswerIsNo(AndamioError):
    """The work was done and its answer is no: a gate failed, a check found faults."""

    code = "answer-is-no"
    exit_status = 1


class NotDeployable(AnswerIsNo):
    """A version did not pass its gates, and nobody gave a reason to deploy it despite them."""

    code = "not-deployable"


class WorkersRefused(AnswerIsNo):
    """A scoring process could not load the version; the one before it was put back."""

    code = "workers-refused"


class DiskFull(Unequipped):
    """There is no room left where something had to be written."""

    code = "disk-full"


class JournalFull(Unequipped):
    """The journal cannot grow, so what was to be recorded was not."""

    code = "journal-full"


class MissingExtra(Unequipped):
    """A package of an optional part is not installed."""

    code = "missing-extra"


class FileRefused(InputRefused):
    """A file cannot be read as the table it should be: its encoding, its fields, its format."""

    code = "file-refused"


class DataDamaged(InputRefused):
    """A history file holds numbers that cannot be what was measured."""

    code = "data-damaged"


class DatasetDamaged(InputRefused):
    """The stored table of a dataset cannot be read, or is not what was added."""

    code = "dataset-damaged"


class ArchiveDamaged(InputRefused):
    """A table into which the journal was compacted cannot be read."""

    code = "archive-damaged"


class ColumnsDiffer(InputRefused):
    """A file does not have the columns of the dataset it should be added to."""

    code = "columns-differ"
