# CycleGAN as published for images of 256 pixels and more: generators with nine residual blocks,
# discriminators of 70 x 70 patches. Images are scaled to [-1, 1].
model = dict(
    type="CycleGAN",
    data_preprocessor=dict(type="DomainDataPreprocessor", mean=[127.5] * 3, std=[127.5] * 3),
    generator=dict(type="ResNetGenerator", channels=64, blocks=9),
    discriminator=dict(type="PatchDiscriminator", channels=64, num_layers=3),
    weights=dict(adversarial=1.0, cycle=10.0, identity=5.0),
    pool_size=50,
)
