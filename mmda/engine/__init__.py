"""Training engine: the joint optimiser wrapper, its constructor, hooks, checks."""

from mmda.engine.hooks import ResumableCheckpointHook, TeacherEMAHook
from mmda.engine.joint_constructor import JointOptimWrapperConstructor
from mmda.engine.joint_optim_wrapper import JointOptimWrapper

__all__ = [
    "JointOptimWrapper",
    "JointOptimWrapperConstructor",
    "ResumableCheckpointHook",
    "TeacherEMAHook",
]
