# Source pipelines of the simple baselines; see ../recipes/baselines.py.
_base_ = ["custom.py", "../recipes/baselines.py"]
_roots = dict(source=_base_.source_root, target=_base_.target_root)
_mean_std = dict(_base_.mean_std, **_roots)
_covariance = dict(_base_.covariance, **_roots)
_fda = dict(_base_.fda, target=_base_.target_root)
_scale = dict(_base_.strong_scale, min_size=_base_.crop_size[0])
_any = dict(type="RandomChoice", transforms=[[_mean_std], [_covariance], [_fda]])


def _pipeline(restyle, strong=False):
    scale, jitter = ([_scale], [_base_.strong_jitter]) if strong else ([], [])
    return [_base_.load, *restyle, *scale, *_base_.geometry, *jitter, _base_.pack]


# Source-free: the target alone. The teacher sees the plain image.
source_free_data = dict(
    source=None,
    target=dict(
        pipeline=[
            _base_.load,
            *_base_.geometry,
            _base_.weak_view,
            _base_.strong_jitter,
            _base_.pack,
        ]
    ),
)
mean_std_pipeline = _pipeline([_mean_std])
covariance_pipeline = _pipeline([_covariance])
fda_pipeline = _pipeline([_fda])
restyled_pipeline = _pipeline([_any])
strong_pipeline = _pipeline([], strong=True)
restyled_strong_pipeline = _pipeline([_any], strong=True)
