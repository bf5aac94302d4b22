# Output-space and category alignment (GFA + ISIA). As published, but for what a run of hundreds of
# iterations asks for: ten times the weight, from iteration 200 on. Tiles have no spatial
# correspondence, so classes are compared by their pooled features.
_base_ = "output_space.py"
model = dict(
    alignments=dict(isia=dict(type="ISIA", mode="pooled", weight=0.01, start=200)),
)
