# Output-space (GFA), category (ISIA) and instance (AIM) alignment together.
_base_ = "isia_aim_aim.py"
model = dict(
    alignments=dict(isia=dict(type="ISIA", mode="pooled", weight=0.01, start=200)),
)
