"""Hooks: iteration, teacher, groupings, checkpoints, preemption, weights, pictures."""

from mmda.engine.hooks.adapt_batch_norm_hook import AdaptBatchNormHook
from mmda.engine.hooks.alignment_weight_hook import AlignmentWeightHook
from mmda.engine.hooks.finite_loss_hook import FiniteLossHook
from mmda.engine.hooks.gradient_share_hook import GradientShareHook
from mmda.engine.hooks.group_diagnostics_hook import GroupDiagnosticsHook
from mmda.engine.hooks.grouping_refresh_hook import GroupingRefreshHook
from mmda.engine.hooks.learning_check_hook import LearningCheckHook
from mmda.engine.hooks.one_transfer_info_hook import OneTransferInfoHook
from mmda.engine.hooks.patch_modes_hook import PatchModesHook
from mmda.engine.hooks.preemption_hook import PreemptionHook
from mmda.engine.hooks.resumable_checkpoint_hook import ResumableCheckpointHook
from mmda.engine.hooks.show_predictions_hook import ShowPredictionsHook
from mmda.engine.hooks.step_hook import StepHook
from mmda.engine.hooks.teacher_ema_hook import TeacherEMAHook

__all__ = [
    "AdaptBatchNormHook",
    "AlignmentWeightHook",
    "FiniteLossHook",
    "GradientShareHook",
    "GroupDiagnosticsHook",
    "GroupingRefreshHook",
    "LearningCheckHook",
    "OneTransferInfoHook",
    "PatchModesHook",
    "PreemptionHook",
    "ResumableCheckpointHook",
    "ShowPredictionsHook",
    "StepHook",
    "TeacherEMAHook",
]
