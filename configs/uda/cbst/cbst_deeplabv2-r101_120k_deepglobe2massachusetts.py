# One round of class-balanced self-training (CBST), from iteration 40k on.
_base_ = [
    "../../_base_/models/deeplabv2_r101.py",
    "../../_base_/datasets/deepglobe2massachusetts.py",
    "../../_base_/schedules/adversarial_120k.py",
    "../../_base_/class_balanced_runtime.py",
]
labelled = dict(type="LoadPseudoLabel")
target_pipeline = [_base_.load, labelled, *_base_.geometry, _base_.pack]
train_dataloader = dict(dataset=dict(target=dict(pipeline=target_pipeline)))
model = dict(alignments=dict(pseudo=dict(type="PseudoLabels", start=40_000)))
