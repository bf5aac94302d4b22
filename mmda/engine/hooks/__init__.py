"""Hooks: teacher updates, resumable checkpoints."""

from mmda.engine.hooks.resumable_checkpoint_hook import ResumableCheckpointHook
from mmda.engine.hooks.teacher_ema_hook import TeacherEMAHook

__all__ = ["ResumableCheckpointHook", "TeacherEMAHook"]
