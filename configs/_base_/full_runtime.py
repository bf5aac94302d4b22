# Runs of days: checkpoints and validation every 5000 iterations, a log line every 100.
_base_ = "default_runtime.py"
default_hooks = dict(checkpoint=dict(interval=5000), logger=dict(interval=100))
