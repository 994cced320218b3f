"""Scoring over HTTP and over files, alone: no registry, no training, no monitoring, no database.

``process`` is the composition root of ``andamio serve``. A request meets ``application`` (bare ASGI, no
framework), which finds its door in ``routes`` and reads its body in ``exchange``; the door
(``predicting``, ``feedback``) decodes by the contract, asks the one ``scorer``, commits to the journal, and
only then answers. ``watching`` follows the deployment file, ``loading`` verifies and warms what it names, and
a new ``generation`` takes over between two requests. ``dialects`` translates what MLflow, Open Inference
and KServe clients say, and CSV and Arrow, to the same door.
``connections`` bounds what may wait. ``batch`` scores files by the same scorer.
"""
