"""What the plant can answer an auditor: which versions a model has, which answered when, who decided it.

A *version* is a bundle with a number; an *alias* (``champion``) names one version, and its history says which
one it named on any day. Every change writes a row into the audit log, whose rows are chained by their hashes
and whose signed head travels in every bundle and report. The registry describes; what answers is decided by
the deployment file alone (see ``lifecycle``).
"""

from andamio.registry.alias_history import AliasHistory
from andamio.registry.audit import AuditLog
from andamio.registry.audit_chain import ChainVerdict
from andamio.registry.audit_entry import AuditEntry
from andamio.registry.audit_head import AuditHead
from andamio.registry.kept_heads import heads_of_bundles, read_kept_head
from andamio.registry.moments import parse_moment
from andamio.registry.reference import CHAMPION, Reference, parse_reference
from andamio.registry.registry import Registry
from andamio.registry.version import AliasChange, ModelSummary, NewVersion, Version

__all__ = [
    "CHAMPION",
    "AliasChange",
    "AliasHistory",
    "AuditEntry",
    "AuditHead",
    "AuditLog",
    "ChainVerdict",
    "ModelSummary",
    "NewVersion",
    "Reference",
    "Registry",
    "Version",
    "heads_of_bundles",
    "parse_moment",
    "parse_reference",
    "read_kept_head",
]
