# AdaBN after training with strong augmentation.
_base_ = "source_only_strong.py"
adapt = dict(type="AdaptBatchNormHook", data_root={{_base_.target_root}})
custom_hooks = [dict(type="TeacherEMAHook"), adapt]
