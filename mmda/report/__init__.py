"""Pictures, tables and the self-contained HTML report of runs."""

from mmda.report.content import Report
from mmda.report.curves import Curves, read_scalars
from mmda.report.page import write_report
from mmda.report.pictures import overlay, to_rgb
from mmda.report.table import format_table

__all__ = [
    "Curves",
    "Report",
    "format_table",
    "overlay",
    "read_scalars",
    "to_rgb",
    "write_report",
]
