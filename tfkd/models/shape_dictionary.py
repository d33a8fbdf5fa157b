"""Figures in space from their landmarks in images, without depths to learn."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import l2_normalize


def build(
    *, points, shapes=8, units=(64, 64), sparsity=0.01, name="shape_dictionary"
):
    """Builds an autoencoder of landmarks: a code of shapes, and a camera.

    Equation:  S = sum_k c_k (D_k - mean D_k) ,  c >= 0 ,
               W' = (S R)_(:, 1..2) + mean W
    Symbols:   W (batch, points, 2) rows and columns of landmarks, W' what is
               fitted to them; c (shapes,) a code and R a rotation, both by a
               perceptron of W; D_k (points, 3) shapes that are learned.
    Paper:     Kong & Lucey, *Deep Interpretable Non-Rigid Structure from
               Motion*, arXiv:1902.10840, of which this is one layer.

    Train it as `model.fit(W, W)`, with a mean squared error.

    Args:
        points: Landmarks.
        shapes: Shapes in the dictionary.
        units: Widths of the perceptron's layers.
        sparsity: Factor of the mean of c that is added to the loss, >= 0.
        name: Name of the model.

    Returns:
        A functional `keras.Model` to W', with the taps `code`, `rotation`
        and `dictionary`, the last of which is S.

    Raises:
        InputError: If a number is out of range.
    """
    if points < 3 or shapes < 1 or not 0 <= sparsity < float("inf"):
        raise InputError(
            "A dictionary of shapes needs at least 3 points, at least 1 shape "
            f"and a finite sparsity >= 0, received points={points!r}, "
            f"shapes={shapes!r}, sparsity={sparsity!r}."
        )
    landmarks = keras.Input((points, 2), name="landmarks")
    mean = Centre(name="centre")(landmarks)
    centred = layers.Subtract(name="centred")([landmarks, mean])
    x = layers.Flatten(name="flat")(centred)
    for number, width in enumerate(units, start=1):
        x = layers.Dense(width, activation="tanh", name=f"hidden{number}")(x)
    code = layers.Dense(
        shapes,
        activation="relu",
        bias_initializer="ones",
        name="code",
        dtype="float32",
        activity_regularizer=keras.regularizers.L1(sparsity / shapes),
    )(x)
    turn = layers.Dense(6, name="turn", dtype="float32")(x)
    rotation = Rotation(name="rotation", dtype="float32")(turn)
    shape = Shapes(points, name="dictionary", dtype="float32")(code)
    seen = Seen(name="seen", dtype="float32")([shape, rotation])
    fitted = layers.Add(name="landmarks_fit", dtype="float32")([seen, mean])
    return keras.Model(landmarks, fitted, name=name)


@keras.saving.register_keras_serializable("tfkd")
class Centre(layers.Layer):
    """The mean of all points, `(batch, 1, coordinates)`."""

    def call(self, points):
        return ops.mean(points, axis=1, keepdims=True)


@keras.saving.register_keras_serializable("tfkd")
class Rotation(layers.Layer):
    """Rotations `(batch, 3, 3)` of six numbers, the identity at zeros.

    Equation:  r_1 = u(a + e_1),  r_2 = u(b + e_2 - (r_1 . (b + e_2)) r_1),
               r_3 = r_1 x r_2 ,  u(x) = x / ||x||
    """

    def call(self, numbers):
        first = l2_normalize(
            numbers[:, :3] + ops.convert_to_tensor([1.0, 0, 0], numbers.dtype)
        )
        second = numbers[:, 3:] + ops.convert_to_tensor(
            [0, 1.0, 0], numbers.dtype
        )
        along = ops.sum(first * second, axis=-1, keepdims=True)
        second = l2_normalize(second - along * first)
        third = ops.cross(first, second)
        return ops.stack([first, second, third], axis=1)


@keras.saving.register_keras_serializable("tfkd")
class Shapes(layers.Layer):
    """Sums of learned shapes `(points, 3)`, centred and weighted by a code.

    Args:
        points: Points of a shape.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, points, **kwargs):
        super().__init__(**kwargs)
        self.points = int(points)

    def build(self, input_shape):
        self.shapes = self.add_weight(
            (input_shape[-1], 3 * self.points),
            keras.initializers.RandomNormal(stddev=0.3),
            name="shapes",
        )

    def call(self, code):
        return ops.einsum("bk,kpc->bpc", code, self.centred())

    def centred(self):
        """Returns the shapes less their means, `(shapes, points, 3)`."""
        shapes = ops.reshape(self.shapes, (-1, self.points, 3))
        return shapes - ops.mean(shapes, axis=1, keepdims=True)

    def get_config(self):
        return {**super().get_config(), "points": self.points}


@keras.saving.register_keras_serializable("tfkd")
class Seen(layers.Layer):
    """Rows and columns of turned points: the first two of S R."""

    def call(self, inputs):
        shape, rotation = inputs
        return ops.matmul(shape, rotation)[..., :2]


def shapes_of(model):
    """Returns the dictionary of a model, `(shapes, points, 3)`, centred.

    Args:
        model: What `build` returned.

    Raises:
        InputError: If it has none.
    """
    for layer in getattr(model, "layers", ()):
        if isinstance(layer, Shapes):
            return np.asarray(ops.convert_to_numpy(layer.centred()))
    raise InputError(
        "A dictionary of shapes is read from a model that "
        "tfkd.models.shape_dictionary.build() made, received "
        f"{getattr(model, 'name', model)!r}."
    )
