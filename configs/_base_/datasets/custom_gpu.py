# Your own data for one GPU: crops of 512 pixels, which four processes read.
_base_ = "custom.py"
crop_size = (int("{{$MMDA_CROP:512}}"),) * 2
domains = ("source", "target")
loading = dict(num_workers=4, persistent_workers=True)
_by_crop = dict(RandomCrop=dict(crop_size=crop_size), MatchScale=dict(min_size=crop_size[0]))


def _cropped(steps):
    return [dict(s, **_by_crop.get(s["type"], {})) for s in steps]


_plain = _base_.train_dataloader.dataset
train_dataloader = dict(
    **loading, dataset={name: dict(pipeline=_cropped(_plain[name].pipeline)) for name in domains}
)
adapted_data = {
    name: dict(pipeline=_cropped(_base_.adapted_data[name].pipeline)) for name in domains
}
test_dataloader = loading
