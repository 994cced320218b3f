"""Where things rest: atomic files and locks here; the database, with its migrations, in ``storage.database``.

The scoring process uses ``storage.files`` only.
"""
