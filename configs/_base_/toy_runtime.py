_base_ = "default_runtime.py"
default_hooks = dict(checkpoint=dict(interval=200), logger=dict(interval=20))
