# A CycleGAN that learns the toy cities' radiometry in minutes on a CPU: three blocks of 64
# channels, and patches of 34 x 34 pixels, in which there is little layout to invent.
model = dict(
    type="CycleGAN",
    data_preprocessor=dict(type="DomainDataPreprocessor", mean=[127.5] * 3, std=[127.5] * 3),
    generator=dict(type="ResNetGenerator", channels=16, blocks=3, upsample="resize"),
    discriminator=dict(type="PatchDiscriminator", channels=32, num_layers=2),
    pool_size=50,
)
