"""Run machine-learning models in a factory, and keep them running."""

__version__ = "0.1.0"
