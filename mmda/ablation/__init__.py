"""Tables of results, described in a file: many trainings in, one table out."""

from mmda.ablation.reading import read_table
from mmda.ablation.table import Column, Row, Sweep, Table, Task, Toy

__all__ = ["Column", "Row", "Sweep", "Table", "Task", "Toy", "read_table"]
