"""What was named is not there, or not to be trusted."""

from __future__ import annotations

from andamio.errors.fault import AndamioError


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


class AlarmNotFound(NotFound):
    """There is no alarm or flood of that number."""

    code = "alarm-not-found"


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
