# The simple baselines that adaptation has to beat. All of them train on the source alone.
# Strong augmentation, one switch for all of it: sizes that vary by a factor, and then gain, offset,
# gamma (per band), saturation down to grey, hue, blur and noise.
strong_scale = dict(type="MatchScale", spread=1.5)  # the crop's side is added
strong_jitter = dict(
    type="RadiometricJitter",
    gain=0.4,
    offset=0.1,
    gamma=0.5,
    saturation=1.0,
    hue=0.05,
    blur=1.5,
    noise=0.04,
)
# Restyling: half of the source images keep their own look. The domains' folders are added.
mean_std = dict(type="MatchDomain", method="mean_std", prob=0.5)
covariance = dict(type="MatchDomain", method="pca", prob=0.5)
fda = dict(type="MatchTile", method="fda", prob=0.5)  # low-frequency amplitudes of a target tile
