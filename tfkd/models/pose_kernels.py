"""Poses in films: kernels from one frame find the joints in the next."""

import keras
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.models import blocks


def build(
    *,
    input_shape=(3, 16, 16, 1),
    maps=5,
    filters=8,
    start_filters=16,
    kernel_size=5,
    scale=1 / 16,
    offset=0.0,
):
    """Builds a network of films to maps of joints in every frame.

    Equation:  h_0 = S(I_0);  k_t = P([f_t, h_t]);  h_(t+1) = k_t * f_(t+1) + b;
               f_t = E(I_t)
    Symbols:   I_t frame t of the film, f_t its features by a light encoder E,
               h_t maps of joints; S a larger network, for the first frame
               alone; P the distillator, which makes a kernel k_t of every
               joint from what one frame showed; * convolution.
    Paper:     Nie et al., *Dynamic Kernel Distillation for Efficient Pose
               Estimation in Videos*, ICCV 2019, arXiv:1908.09216.

    Args:
        input_shape: `(frames, height, width, channels)`, at least two
            frames, sizes multiples of 4.
        maps: Joints.
        filters: Channels of E.
        start_filters: Channels of S.
        kernel_size: Odd height and width of a kernel.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.

    Returns:
        A functional `keras.Model` to maps `(batch, frames, height, width,
        maps)`, its last layer `poses`.

    Raises:
        InputError: If a film has fewer than two frames, or the kernel's size
            is even.
    """
    if len(input_shape) != 4 or input_shape[0] < 2 or kernel_size % 2 != 1:
        raise InputError(
            "Kernels go from one frame to the next: films must be (frames, "
            "height, width, channels) of at least 2 frames, and kernel_size "
            f"odd; received input_shape={tuple(input_shape)} and "
            f"kernel_size={kernel_size!r}."
        )
    frames, *shape = input_shape
    encoder = _encoder(shape, filters, "encoder")
    start = _start(shape, start_filters, maps)
    features = keras.Input((*shape[:2], filters))
    found = keras.Input((*shape[:2], maps))
    distillator = keras.Model(
        [features, found],
        _kernels(features, found, kernel_size),
        name="distillator",
    )
    match = MatchKernels(name="match", dtype="float32")
    film = keras.Input(input_shape, name="film")
    pixels = blocks.pixels(film, scale, offset)
    frame = Frame(0, name="frame1")(pixels)
    results = [start(frame)]
    seen = encoder(frame)
    for number in range(1, frames):
        kernels = distillator([seen, results[-1]])
        frame = Frame(number, name=f"frame{number + 1}")(pixels)
        seen = encoder(frame)
        results.append(match([seen, kernels]))
    outputs = StackFrames(name="poses", dtype="float32")(results)
    return keras.Model(film, outputs, name="pose_kernels")


def _encoder(shape, filters, name):
    inputs = keras.Input(shape)
    x = blocks.conv(inputs, filters, name="low")
    x = blocks.conv(x, filters, name="high")
    return keras.Model(inputs, x, name=name)


def _start(shape, filters, maps):
    inputs = keras.Input(shape)
    x = blocks.conv(inputs, filters, name="stem")
    down = blocks.conv(x, 2 * filters, stride=2, name="down")
    down = blocks.conv(down, filters, name="deep")
    x = layers.Add(name="skip")([x, layers.UpSampling2D(2, name="up")(down)])
    x = blocks.conv(x, filters, name="stage")
    found = layers.Conv2D(maps, 1, name="maps", dtype="float32")(x)
    return keras.Model(inputs, found, name="start")


def _kernels(features, found, size):
    """A kernel `(size, size, channels, joints)` from a frame's features."""
    channels, joints = features.shape[-1], found.shape[-1]
    x = layers.Concatenate(name="both")([features, found])
    x = blocks.conv(x, 2 * channels, stride=2, name="half")
    x = blocks.conv(x, 2 * channels, stride=2, name="quarter")
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(4 * channels, activation="relu", name="code")(x)
    x = layers.Dense(
        size * size * channels * joints, name="kernels", dtype="float32"
    )(x)
    return layers.Reshape((size, size, channels, joints), name="kernel")(x)


@keras.saving.register_keras_serializable("tfkd")
class Frame(layers.Layer):
    """One frame of a film.

    Args:
        number: Which, from 0.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def call(self, film):
        return film[:, self.number]

    def get_config(self):
        return {**super().get_config(), "number": self.number}


@keras.saving.register_keras_serializable("tfkd")
class StackFrames(layers.Layer):
    """Frames, one behind the other, as a film."""

    def call(self, frames):
        return ops.stack(frames, axis=1)


@keras.saving.register_keras_serializable("tfkd")
class MatchKernels(layers.Layer):
    """Convolves every example with kernels of its own.

    Equation:  h_j = sum_c k_cj * f_c + b_j , over the number of summands
    Symbols:   f (batch, height, width, c) features; k (batch, size, size, c,
               joints) kernels; b trained.
    """

    def build(self, input_shape):
        self.bias = self.add_weight((input_shape[1][-1],), "zeros", name="bias")

    def call(self, inputs):
        features, kernels = inputs
        features = ops.cast(features, kernels.dtype)
        height, width = features.shape[1:3]
        size = kernels.shape[1]
        reach = size // 2
        padding = ((0, 0), (reach, reach), (reach, reach), (0, 0))
        padded = ops.pad(features, padding)
        found = 0.0
        for row in range(size):
            for column in range(size):
                moved = padded[:, row : row + height, column : column + width]
                found = found + ops.einsum(
                    "bhwc,bcj->bhwj", moved, kernels[:, row, column]
                )
        count = size * size * kernels.shape[3]
        return found / count + self.bias
