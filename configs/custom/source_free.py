# A model trained on a source elsewhere, adapted with the target's tiles alone (source-free): a mean
# teacher, whose confident labels teach the student. Three things keep it from running away: it
# starts with the target's statistics in batch norm, the teacher moves slowly, and labels below the
# threshold count for nothing.
# MMDA_CHECKPOINT names the trained model, of the network and the classes below.
_base_ = [
    "../_base_/toy_runtime.py",
    "../_base_/models/toy_r18_bn.py",
    "../_base_/datasets/custom_baselines.py",
    "../_base_/schedules/toy.py",
]
load_from = "{{$MMDA_CHECKPOINT:work_dirs/custom/source_only_bn/iter_800.pth}}"
train_dataloader = dict(dataset={{_base_.source_free_data}})
model = dict(
    alignments=dict(self_training=dict(type="SelfTraining", threshold=0.9)),
    teacher=dict(momentum=0.999, warm_up=False),
    evaluate="teacher",
)
optim_wrapper = dict(optimizers=dict(segmentor=dict(optimizer=dict(lr=1e-4))))
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="AdaptBatchNormHook", start=True)]
val_cfg = None  # the target needs no labels for training
