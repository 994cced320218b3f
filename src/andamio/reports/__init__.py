"""What a version is worth, on one self-contained page that a plant engineer can read.

``report`` puts a bundle's evaluation into sentences, tables and plots; ``plots`` draws them as SVG. The page
loads nothing from outside, and needs no script.
"""

from andamio.reports.report import Report, render_report

__all__ = ["Report", "render_report"]
