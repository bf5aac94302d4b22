"""What a report shows of work dirs: runs, their roles, their maps and their data."""

from mmda.reporting.gather import report_on
from mmda.reporting.options import ReportOptions

__all__ = ["ReportOptions", "report_on"]
