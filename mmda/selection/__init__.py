"""Choosing among models without target labels."""

from mmda.selection.choice import ScoredModel, Selection
from mmda.selection.criteria import CRITERIA
from mmda.selection.options import SelectOptions
from mmda.selection.select import choice_of, select_models

__all__ = ["CRITERIA", "ScoredModel", "SelectOptions", "Selection", "choice_of", "select_models"]
