"""Hooks: teacher updates, resumable checkpoints, pictures of predictions."""

from mmda.engine.hooks.resumable_checkpoint_hook import ResumableCheckpointHook
from mmda.engine.hooks.show_predictions_hook import ShowPredictionsHook
from mmda.engine.hooks.teacher_ema_hook import TeacherEMAHook

__all__ = ["ResumableCheckpointHook", "ShowPredictionsHook", "TeacherEMAHook"]
