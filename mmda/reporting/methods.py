"""What methods see in images: the groups of CDGA and the matched instances of AIM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmda.models.alignments import AIM, GroupAlignment
from mmda.models.segmentors import UDASegmentor
from mmda.report.content import Panel
from mmda.report.gallery import Gallery, View
from mmda.report.pictures import shrink
from mmda.visualisation.group_maps import group_maps, hard_groups
from mmda.visualisation.instance_matches import match_picture, matched_instances
from mmda.visualisation.tsne import Pair

SIDE = 384  # pixels of a picture


def group_panels(model: UDASegmentor, name: str, pair: Pair, gallery: Gallery) -> list[Panel]:
    """Return the groups of a model in an image of each domain; nothing without groups."""
    panels = []
    for title, alignment in _of(model, GroupAlignment):
        maps = group_maps(model, alignment, pair)
        views = []
        for shown, (domain, groups) in zip(pair, maps.items(), strict=True):
            for what, picture in (("image", shown.picture), ("groups", hard_groups(groups))):
                stored = gallery.add(shrink(np.asarray(picture, np.uint8), SIDE))
                views.append(View([stored], f"{domain}: {what}", f"{domain}: {what}"))
        panels.append(Panel(f"{name}, {title}: {len(maps['source'])} groups", views))
    return panels


def match_panels(
    model: UDASegmentor, name: str, pairs: Sequence[Pair], gallery: Gallery
) -> list[Panel]:
    """Return matched instances of a model, in the pair of images with the most of them."""
    panels = []
    for title, alignment in _of(model, AIM):
        found = [(matched_instances(model, alignment, pair), pair) for pair in pairs]
        matches, pair = max(found, key=lambda one: len(one[0]))
        if not matches:
            continue
        views = []
        for domain, shown, side in zip(("source", "target"), pair, (0, 1), strict=True):
            picture = match_picture(shown.picture, [match[side] for match in matches])
            stored = gallery.add(shrink(picture, SIDE))
            views.append(View([stored], f"{domain}: numbered instances", domain))
        panels.append(Panel(f"{name}, {title}: {len(matches)} instances", views))
    return panels


def _of(model: UDASegmentor, kind: type) -> list[tuple[str, Any]]:
    return [(name, one) for name, one in model.alignments.items() if isinstance(one, kind)]
