"""Signals: what expressions take from the samples of a row, as standard ONNX operators.

``taking`` turns a function into the few things that are taken from a signal (a moment, a part of the
spectrum) and arithmetic on them; ``writing`` writes what is taken, shared wherever it repeats: one
transform for each signal and window function, however many bands are read from it. Signals of one length
that are asked the same are stacked and computed at once.
"""
