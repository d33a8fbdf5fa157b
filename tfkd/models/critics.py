"""Critics: small networks from features to scores."""

import keras
from keras import layers
from keras import ops

from tfkd import checks
from tfkd.errors import InputError


def mlp(*shapes, units=(128, 256, 128), l2=0.0, outputs=1, name="critic"):
    """Builds a perceptron over one tap, or over several side by side.

    Args:
        *shapes: Shapes of the taps, with batch; maps are averaged over
            positions.
        units: Widths of the hidden layers.
        l2: Factor of the sum of squared weights that is added to the loss.
        outputs: Scores an example.
        name: Name of the model.

    Returns:
        A float32 functional model from a tensor, or a list of them, to
        scores `(batch, outputs)`.

    Raises:
        InputError: If a number of channels is unknown or l2 is negative.
    """
    if any(shape[-1] is None for shape in shapes):
        raise InputError(
            "A critic needs taps of known width, received shapes "
            f"{[tuple(shape) for shape in shapes]}. Choose other taps."
        )
    checks.not_negative(l2=l2)
    regularizer = keras.regularizers.L2(l2) if l2 else None
    inputs = [keras.Input(shape[1:], dtype="float32") for shape in shapes]
    x = [_vector(tensor) for tensor in inputs]
    if len(x) > 1:
        x = layers.Concatenate(dtype="float32")(x)
    else:
        x = x[0]
    for width in units:
        x = layers.Dense(
            width,
            activation="relu",
            kernel_regularizer=regularizer,
            dtype="float32",
        )(x)
    x = layers.Dense(
        outputs, kernel_regularizer=regularizer, dtype="float32", name="score"
    )(x)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], x, name=name)


def maps(shape, *, condition=None, filters=(64, 128), outputs=1, name="critic"):
    """Builds a convolutional critic, which sees where features lie.

    A 3x3 convolution of stride 2 and a leaky ReLU for each of `filters`, and
    a dense layer over all positions; no normalization.

    Args:
        shape: Of the maps, `(batch, height, width, channels)`.
        condition: Of maps of the same size that are seen beside; none if
            absent.
        filters: Channels of the convolutions.
        outputs: Scores an example.
        name: Name of the model.

    Returns:
        A float32 functional model from maps, or a list of two, to scores
        `(batch, outputs)`.

    Raises:
        InputError: If the maps are no maps of known size, or differ in it.
    """
    shapes = [tuple(s) for s in (shape, condition) if s is not None]
    if any(
        len(found) != 4 or None in found[1:] or found[1:3] != shapes[0][1:3]
        for found in shapes
    ):
        raise InputError(
            "A critic of maps needs taps (batch, height, width, channels) of "
            f"one known size, received shape {shapes}. Choose a "
            "convolutional tap: see tfkd.taps.summary(model)."
        )
    inputs = [keras.Input(found[1:], dtype="float32") for found in shapes]
    x = inputs[0]
    if condition is None:
        inputs = x
    else:
        x = layers.Concatenate(dtype="float32")(inputs)
    for width in filters:
        x = layers.Conv2D(width, 3, 2, "same", dtype="float32")(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(x)
    x = layers.Flatten(dtype="float32")(x)
    x = layers.Dense(outputs, dtype="float32", name="score")(x)
    return keras.Model(inputs, x, name=name)


def sequences(shape, *, filters=(64, 64), name="critic"):
    """Builds a convolutional critic of sequences.

    A convolution over 3 positions and a leaky ReLU for each of `filters`, and
    a dense layer over all positions; no normalization.

    Args:
        shape: Of the sequences, `(batch, length, features)`.
        filters: Channels of the convolutions.
        name: Name of the model.

    Returns:
        A float32 functional model to scores `(batch, 1)`.

    Raises:
        InputError: If they are no sequences of known size.
    """
    if len(shape) != 3 or None in shape[1:]:
        raise InputError(
            "A critic of sequences needs taps (batch, length, features) of "
            f"known size, received shape {tuple(shape)}. Choose another tap: "
            "see tfkd.taps.summary(model)."
        )
    x = inputs = keras.Input(shape[1:], dtype="float32")
    for width in filters:
        x = layers.Conv1D(width, 3, padding="same", dtype="float32")(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(x)
    x = layers.Flatten(dtype="float32")(x)
    x = layers.Dense(1, dtype="float32", name="score")(x)
    return keras.Model(inputs, x, name=name)


def patches(
    shape, *, filters=(64, 128, 256, 512), probabilities=False, name="critic"
):
    """Builds a fully convolutional critic: a score for every patch.

    A 4x4 convolution of stride 2 and a leaky ReLU for each of `filters`, and
    one more to the scores; no normalization.

    Args:
        shape: Of the maps, `(batch, height, width, channels)`.
        filters: Channels of the convolutions.
        probabilities: Whether maps are logits whose softmax is seen.
        name: Name of the model.

    Returns:
        A float32 functional model to scores `(batch, rows, columns, 1)`.

    Raises:
        InputError: If the maps are no maps, or have no known channels.
    """
    if len(shape) != 4 or shape[-1] is None:
        raise InputError(
            "A critic of patches needs taps (batch, height, width, channels), "
            f"received shape {tuple(shape)}. Choose dense logits or a "
            "convolutional tap: see tfkd.taps.summary(model)."
        )
    inputs = keras.Input(shape[1:], dtype="float32")
    x = layers.Softmax(dtype="float32")(inputs) if probabilities else inputs
    for width in filters:
        x = layers.Conv2D(width, 4, 2, "same", dtype="float32")(x)
        x = layers.LeakyReLU(0.2, dtype="float32")(x)
    x = layers.Conv2D(1, 4, 2, "same", dtype="float32", name="score")(x)
    return keras.Model(inputs, x, name=name)


def held(critic, inputs):
    """Calls a critic with no gradient to its weights, in training mode."""
    weights = [ops.stop_gradient(v) for v in critic.trainable_variables]
    state = [ops.stop_gradient(v) for v in critic.non_trainable_variables]
    return critic.stateless_call(weights, state, inputs, training=True)[0]


def _vector(tensor):
    if len(tensor.shape) == 2:
        return tensor
    x = layers.Reshape((-1, tensor.shape[-1]), dtype="float32")(tensor)
    return layers.GlobalAveragePooling1D(dtype="float32")(x)
