"""Heads on the stages of a network: its early exits in training."""

from keras import initializers
from keras import layers

from tfkd.models import blocks


def pooled(x):
    """Averages `(batch, ..., channels)` over positions."""
    if len(x.shape) == 2:
        return x
    channels = x.shape[-1]
    x = layers.Reshape((-1, channels))(x)
    return layers.GlobalAveragePooling1D()(x)


def classifier(features, num_classes, *, name, seed=None):
    """A dense layer from `(batch, features)` to float32 logits."""
    return layers.Dense(
        num_classes,
        kernel_initializer=initializers.GlorotUniform(seed),
        name=name,
        dtype="float32",
    )(features)


def bottleneck(x, shape, *, name):
    """Brings a stage to the size and channels of a deeper one.

    Convolutions of stride 2 shrink a map to the height of the deeper one, a
    1x1 convolution sets its channels; each is normalized. Where no halving,
    rounded up or down, leads to this height, the map is then smaller. A
    vector passes one dense layer. ReLU follows everywhere.

    Args:
        x: Output of the stage, `(batch, ..., channels)`.
        shape: Shape of the deeper stage, with batch.
        name: Name of the last layer, and prefix of the others.
    """
    channels = shape[-1]
    if len(x.shape) != 4:
        return layers.Dense(channels, activation="relu", name=name)(x)
    if len(shape) == 4 and None not in (x.shape[1], shape[1]):
        for step, padding in enumerate(_halvings(x.shape[1], shape[1]), 1):
            x = blocks.conv(
                x,
                channels,
                stride=2,
                padding=padding,
                name=f"{name}_down{step}",
            )
    return blocks.conv(x, channels, size=1, name=name)


def _halvings(size, target):
    """Paddings of 3x3 convolutions of stride 2 from one size to another."""
    found = _path(size, target)
    if found is None:
        found = []
        while size > target:
            found.append("same")
            size = -(-size // 2)
    return found


def _path(size, target):
    """Paddings that lead to the very size, or `None`."""
    if size <= target:
        return [] if size == target else None
    for padding, half in (("same", -(-size // 2)), ("valid", (size - 1) // 2)):
        rest = _path(half, target)
        if rest is not None:
            return [padding, *rest]
    return None
