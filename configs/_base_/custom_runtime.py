# Checkpoints are measured on unlabelled target tiles when they are saved; the log names the best.
_base_ = "toy_runtime.py"
default_hooks = dict(selection=dict(type="SelectionHook"))
