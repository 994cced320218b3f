"""Run machine-learning models in a factory, and keep them running.

The public Python API, each name loaded when it is first asked for: ``read_contract``, ``open_bundle``,
``PublicKey`` and ``score`` on every install; ``Plant``, ``train``, ``bring`` and ``register`` with the plant
part. docs/api.md shows them at work; what is not named here may change without notice.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "Plant",
    "PublicKey",
    "__version__",
    "bring",
    "open_bundle",
    "read_contract",
    "register",
    "score",
    "train",
]

# By name only: a room that reads ``andamio.__version__`` must not import the rooms above it.
_HOME = {
    "Plant": "andamio.app",
    "PublicKey": "andamio.bundles",
    "bring": "andamio.notebook.learning",
    "open_bundle": "andamio.bundles",
    "read_contract": "andamio.contracts",
    "register": "andamio.notebook.learning",
    "score": "andamio.notebook.scoring",
    "train": "andamio.notebook.learning",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'andamio' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
