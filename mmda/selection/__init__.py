"""Choosing among models without target labels."""

from mmda.selection.criteria import CRITERIA
from mmda.selection.options import SelectOptions
from mmda.selection.outcome import ScoredModel, Selection
from mmda.selection.select import select_models
from mmda.selection.stored import choice_of

__all__ = ["CRITERIA", "ScoredModel", "SelectOptions", "Selection", "choice_of", "select_models"]
