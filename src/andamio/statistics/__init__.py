"""Numbers about numbers, pure: metrics with their intervals, histograms, shifts, runs and profiles.

``metrics`` holds every measure that a gate may name, ``intervals`` says how sure it is; ``profile`` learns
what normal looks like through the functions (``shift``, ``runs``) that the monitor later calls on live
rows. Nothing here touches a disk or a network.
"""
