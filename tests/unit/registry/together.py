"""Four processes that open one new database at the same moment and append to its audit log.

Started by ``test_database.py`` with the address; they are forked, so that the imports are paid once.
"""

from __future__ import annotations

import os
import sys

from andamio.registry import AuditLog
from andamio.storage import migrating
from andamio.storage.database import open_database


def append_many(address: str, name: str) -> None:
    log = AuditLog(open_database(address))
    for n in range(20):
        log.append("appended", f"{name}@{n}", actor=name)


def main(address: str) -> int:
    assert migrating is not None  # imported before the fork, so that all begin at once
    gate, opener = os.pipe()
    children = []
    for name in "abcd":
        child = os.fork()
        if child == 0:
            os.close(opener)
            os.read(gate, 1)
            append_many(address, name)
            os._exit(0)
        children.append(child)
    os.close(opener)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
