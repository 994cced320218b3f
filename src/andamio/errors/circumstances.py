"""It cannot be done here and now: somebody is at work, this box lacks something, the answer is no."""

from __future__ import annotations

from andamio.errors.fault import AndamioError


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


class RebaseRefused(AnswerIsNo):
    """The rows of a period are not fit to say what normal is."""

    code = "rebase-refused"


class WorkersRefused(AnswerIsNo):
    """A scoring process could not load the version; the one before it was put back."""

    code = "workers-refused"


class DiskFull(Unequipped):
    """There is no room left where something had to be written."""

    code = "disk-full"


class JournalFull(Unequipped):
    """The journal cannot grow, so what was to be recorded was not."""

    code = "journal-full"


class ClockDoubted(Unequipped):
    """The clock of this box says something that what was recorded makes unlikely."""

    code = "clock-doubted"


class MissingExtra(Unequipped):
    """A package of an optional part is not installed."""

    code = "missing-extra"


class SecretMissing(Unequipped):
    """A secret that the settings name is not in the environment, or its file cannot be read."""

    code = "secret-missing"


class NotificationFailed(AnswerIsNo):
    """A service did not take a notification."""

    code = "notification-failed"
