# The source city at the target city's scale, and after the last iteration batch norm gets the
# target's statistics (AdaBN): what `mmda demo` adapts with, and the baseline to beat.
_base_ = "source_only_bn.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.scaled_pipeline}})))
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="AdaptBatchNormHook", data_root={{_base_.target_root}}, split="train"),
]
