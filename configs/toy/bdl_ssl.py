# Output-space alignment, and pseudo-labels that the model which it starts from (`load_from`) gives
# to the target before the first iteration: BDL's self-training, on translated source tiles.
_base_ = "output_space.py"
load, pack = {{_base_.load}}, {{_base_.pack}}
geometry = [
    dict(type="RandomCrop", crop_size={{_base_.crop_size}}),
    dict(type="RandomFlip", prob=0.5),
    dict(type="RandomRotate90"),
]
train_dataloader = dict(
    dataset=dict(target=dict(pipeline=[load, dict(type="LoadPseudoLabel"), *geometry, pack]))
)
model = dict(alignments=dict(pseudo=dict(type="PseudoLabels")))
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="PseudoLabelHook", thresholds="fixed:0.9"),
]
