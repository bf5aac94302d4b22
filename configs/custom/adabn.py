# Trained on your source alone; then batch norm takes the statistics of the target's tiles (AdaBN).
_base_ = "source_only_bn.py"
adapt = dict(type="AdaptBatchNormHook", data_root={{_base_.target_root}})
custom_hooks = [dict(type="TeacherEMAHook"), adapt]
