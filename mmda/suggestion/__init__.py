"""Which tiles of an unlabelled target to label next."""

from mmda.suggestion.options import SuggestOptions
from mmda.suggestion.suggest import SuggestedTile, Suggestions, suggest_tiles

__all__ = ["SuggestOptions", "SuggestedTile", "Suggestions", "suggest_tiles"]
