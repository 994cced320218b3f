"""From a dataset version and a contract to a candidate that may be deployed, or a plain answer why not.

The rows that the contract accepts become a ``Problem``; columns that give the target away are set aside; a
part is held out that tuning never sees; the best of several models is fitted, turned into one graph from raw
tags to prediction, proven equal to what was trained, measured on the held-out part, and judged by the gates.
"""
