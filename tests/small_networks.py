"""Overrides that shrink the networks for one GPU, so that a step takes less than a second."""

SMALL_NETWORKS = {
    "deeplabv3plus-r50": {
        "model.segmentor.backbone.init_cfg": None,
        "model.segmentor.backbone.base_channels": 4,
        "model.segmentor.backbone.stem_channels": 4,
        "model.segmentor.decode_head.in_channels": 128,
        "model.segmentor.decode_head.c1_in_channels": 16,
        "model.segmentor.decode_head.channels": 16,
        "model.segmentor.decode_head.c1_channels": 16,
        "model.segmentor.auxiliary_head.in_channels": 64,
    },
    "segformer-b2": {
        "model.segmentor.backbone.init_cfg": None,
        "model.segmentor.backbone.embed_dims": 4,
        "model.segmentor.backbone.num_layers": [1, 1, 1, 1],
        "model.segmentor.backbone.num_heads": [1, 2, 4, 8],
        "model.segmentor.decode_head.in_channels": [4, 8, 16, 32],
        "model.segmentor.decode_head.channels": 16,
    },
}
