"""What the zoo's models are made of."""

from keras import layers

from tfkd.errors import InputError


def check_widths(model, **widths):
    """Raises `InputError` unless each is a sequence of at least one."""
    for name, value in widths.items():
        if not isinstance(value, tuple | list) or not value:
            raise InputError(
                f"{model} needs {name}, a tuple of at least one width, "
                f"received {value!r}. One stage is {name}=(32,)."
            )


def pixels(inputs, scale, offset):
    """Rescales raw pixels inside the graph."""
    return layers.Rescaling(scale, offset, name="rescaling")(inputs)


def conv(
    x,
    filters,
    *,
    size=3,
    stride=1,
    padding="same",
    name,
    groups=None,
    activation="relu",
):
    """Convolution, batch normalization and an activation named `name`.

    The activation is a layer of its own, so that `name:pre` is the tensor
    before it. `groups="depthwise"` makes it a depthwise convolution.
    """
    if groups == "depthwise":
        x = layers.DepthwiseConv2D(
            size, stride, padding, use_bias=False, name=f"{name}_depthwise"
        )(x)
    else:
        x = layers.Conv2D(
            filters, size, stride, padding, use_bias=False, name=f"{name}_conv"
        )(x)
    # Keras' momentum of 0.99 needs many hundred steps to forget its start;
    # small data sets have fewer.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    if activation is None:
        return x
    return layers.Activation(activation, name=name)(x)


def head(x, num_classes, *, dropout=0.0):
    """Optional dropout and the `logits` layer.

    Logits stay in float32 under a mixed precision policy: softmax and
    cross-entropy of float16 logits lose the tails that distillation needs.
    """
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(num_classes, name="logits", dtype="float32")(x)
