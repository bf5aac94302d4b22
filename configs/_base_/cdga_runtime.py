# Logs how the groups are used, draws them, and fits those that are not learned.
_base_ = "full_runtime.py"
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="GroupingRefreshHook", interval=2000),
    dict(type="GroupDiagnosticsHook", interval=100),
    dict(type="GroupMapsHook", interval=5000),
]
