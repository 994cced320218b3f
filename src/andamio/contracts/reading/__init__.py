"""From a file's text to a contract, or to everything that is wrong with it.

A fault of syntax stops at the first, since nothing after it means anything. Then every section is read to
its end with one collector of findings, which knows the line of each key, so that a person corrects a file
once and not ten times.
"""

from andamio.contracts.reading.reader import parse_contract, read_contract

__all__ = ["parse_contract", "read_contract"]
