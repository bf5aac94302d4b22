"""Alignments: one module per method."""

from mmda.models.alignments.aim import AIM
from mmda.models.alignments.base import Alignment, frozen
from mmda.models.alignments.clan import CLAN
from mmda.models.alignments.context import NEEDS, UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch, DomainImages
from mmda.models.alignments.domain_reversal import DomainReversal
from mmda.models.alignments.fada import FADA
from mmda.models.alignments.feature_adversarial import FeatureAdversarial
from mmda.models.alignments.group_alignment import GroupAlignment
from mmda.models.alignments.isia import ISIA
from mmda.models.alignments.output_adversarial import OutputAdversarial
from mmda.models.alignments.patch_alignment import PatchAlignment
from mmda.models.alignments.pseudo_labels import PseudoLabels
from mmda.models.alignments.self_training import SelfTraining
from mmda.models.alignments.target_certainty import MaxSquare, MinEnt
from mmda.utils.modes import evaluating

__all__ = [
    "AIM",
    "CLAN",
    "FADA",
    "ISIA",
    "NEEDS",
    "SOURCE",
    "TARGET",
    "Alignment",
    "DomainBatch",
    "DomainImages",
    "DomainReversal",
    "FeatureAdversarial",
    "GroupAlignment",
    "MaxSquare",
    "MinEnt",
    "OutputAdversarial",
    "PatchAlignment",
    "PseudoLabels",
    "SelfTraining",
    "UDAContext",
    "evaluating",
    "frozen",
]
