"""Figures of trained models: group maps, and t-SNE of a network's outputs."""

from mmda.visualisation.domains import (
    ShownImage,
    open_domain,
    read_shown,
    run_pair,
    spread_pairs,
)
from mmda.visualisation.drawing import figure_picture, picture_grid, save_figure
from mmda.visualisation.fitted import fit_grouping, match_groups
from mmda.visualisation.group_maps import (
    group_alignments,
    group_maps,
    hard_groups,
    soft_groups,
)
from mmda.visualisation.tsne import Points, choose_pixels, collect_points, embed, tsne_figure

__all__ = [
    "Points",
    "ShownImage",
    "choose_pixels",
    "collect_points",
    "embed",
    "figure_picture",
    "fit_grouping",
    "group_alignments",
    "group_maps",
    "hard_groups",
    "match_groups",
    "open_domain",
    "picture_grid",
    "read_shown",
    "run_pair",
    "save_figure",
    "soft_groups",
    "spread_pairs",
    "tsne_figure",
]
