# The self-training recipe: source images in the target's radiometry and at its scale; colours that
# vary so much that they do not tell the classes apart, the less the domains' colours differ, the
# less; and self-training with a mean teacher on target images into which source objects are pasted.
# Configs of data inherit it and build `adapted_data` from its steps, in this order:
#   source: load, match, scale, geometry, jitter, pack
#   target: load, geometry, weak_view, jitter, pack
# Half of the source images keep their own look. The domains' folders are added.
match = dict(type="MatchDomain", prob=0.5, skip_below=0.3)
scale = dict(type="MatchScale", spread=1.3)  # and the crop's side
weak_view = dict(type="KeepWeakView")  # what the teacher sees
jitter = dict(type="RadiometricJitter", gain=0.4, gamma=0.3, saturation=1.0, blur=1.0, full_at=0.5)


def _model(start, momentum):
    return dict(
        alignments=dict(
            self_training=dict(type="SelfTraining", threshold=0.9, mix="class", start=start)
        ),
        teacher=dict(momentum=momentum),
        evaluate="teacher",
    )


adapted_model = _model(start=200, momentum=0.99)  # runs of hundreds of iterations
adapted_model_20k = _model(start=2000, momentum=0.999)
