"""Pictures, tables and the self-contained HTML report of a comparison of runs."""

from mmda.report.curves import Curves, read_scalars
from mmda.report.page import write_report
from mmda.report.pictures import (
    Panel,
    Scene,
    overlay,
    panel_figure,
    read_scene,
    to_rgb,
)
from mmda.report.table import format_table

__all__ = [
    "Curves",
    "Panel",
    "Scene",
    "format_table",
    "overlay",
    "panel_figure",
    "read_scalars",
    "read_scene",
    "to_rgb",
    "write_report",
]
