"""Every language that a client may already speak, translated to the one scorer and back.

A dialect reads its body as the contract's rows, hands them to ``PredictDoor`` (judge, score, journal) and
writes what came of them; it decides nothing else. ``mlflow``, ``open_inference`` and ``kserve`` are the
dialects of other servers; ``native`` takes CSV and Arrow at the native address. ``places`` connects them,
``refusals`` puts an error into the words of the dialect that was spoken.
"""
