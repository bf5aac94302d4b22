# Output-space and instance alignment (GFA + AIM), weighted as in isia_aim_isia.py. Regions of less
# than four feature cells (4 x 4 pixels) are noise of the prediction rather than buildings.
_base_ = "output_space.py"
model = dict(
    alignments=dict(
        aim=dict(
            type="AIM",
            num_classes=2,
            in_channels=24,
            mode="pooled",
            min_area=4,
            weight=0.01,
            start=200,
        )
    )
)
