# CDGA of source tiles in the target's look (IMA), as in the paper on its BDL base. The adversarial
# term weighs what it does in output_space_ima.py.
_base_ = "cdga.py"
train_dataloader = dict(dataset=dict(source=dict(pipeline={{_base_.ima_pipeline}})))
model = dict(alignments=dict(cdga=dict(weights=dict(cadv=0.1))))
