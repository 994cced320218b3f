"""What was given cannot be used as it is: a command, a file, a row, a contract."""

from __future__ import annotations

from andamio.errors.fault import AndamioError


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


class ExportRefused(InputRefused):
    """A bundle's graph cannot be had for a target, or answers otherwise there."""

    code = "export-refused"


class LimitsRefused(InputRefused):
    """Nothing that was tried fits into ``[limits]``."""

    code = "limits-refused"


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


class AlarmRefused(InputRefused):
    """What is to be done to an alarm does not fit the state that it is in."""

    code = "alarm-refused"


class WindowsRefused(InputRefused):
    """Windows cannot be formed: a kept state that is not theirs, or more assets or rows than memory holds."""

    code = "windows-refused"
