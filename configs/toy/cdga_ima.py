# CDGA of source tiles in the target's look (IMA), as the paper has it on translated images. The
# adversarial term is a sum over the groups: two of them weigh what 0.2 does in output_space_ima.py.
_base_ = "cdga.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.ima_pipeline}})))
model = dict(alignments=dict(cdga=dict(weights=dict(cadv=0.1))))
