# Finds the modes of the source's label patches before the first iteration.
_base_ = "full_runtime.py"
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="PatchModesHook", images=500)]
