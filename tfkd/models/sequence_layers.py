"""Small layers that models of token sequences are made of.

Keras' own attention is one layer, whose scores, queries and values no tap can
read; of these, every tensor has a name.
"""

import keras
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class PaddingMask(keras.layers.Layer):
    """True where a token is none of padding.

    Args:
        padding: Number of the padding token.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, padding=0, **kwargs):
        super().__init__(**kwargs)
        self.padding = int(padding)

    def call(self, tokens):
        return ops.not_equal(tokens, self.padding)

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable("tfkd")
class PositionEmbedding(keras.layers.Layer):
    """Adds a trained vector for each position.

    Symbols:   input and result (batch, length, width), of a known length.
    """

    def build(self, input_shape):
        if None in input_shape[1:]:
            raise InputError(
                "Positions are counted from a known length, received shape "
                f"{tuple(input_shape)}. Pad sequences to one length."
            )
        self.embedding = self.add_weight(
            tuple(input_shape[1:]), "uniform", name="embedding"
        )

    def call(self, x):
        return x + self.embedding


@keras.saving.register_keras_serializable("tfkd")
class Contraction(keras.layers.Layer):
    """An einsum of two tensors, times a constant.

    Args:
        equation: Such as `"bhqd,bhkd->bhqk"`, queries times keys.
        scale: Factor of the first tensor.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, equation, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.equation = equation
        self.scale = float(scale)
        # It ends what layers before it say of padding: the result's axes are
        # others.
        self.supports_masking = True

    def build(self, input_shape):
        """Does nothing: there are no weights."""

    def compute_mask(self, inputs, previous_mask):
        """Returns no mask."""

    def call(self, tensors):
        first, second = tensors
        # Before the product, whose sum float16 may not hold.
        return ops.einsum(self.equation, first * self.scale, second)

    def get_config(self):
        return {
            **super().get_config(),
            "equation": self.equation,
            "scale": self.scale,
        }


@keras.saving.register_keras_serializable("tfkd")
class FirstPosition(keras.layers.Layer):
    """The vector of the first token, which stands for the sequence."""

    def call(self, x):
        return x[:, 0]


@keras.saving.register_keras_serializable("tfkd")
class MaskedScores(keras.layers.Layer):
    """Scores of positions, those of padding so low that they never count."""

    def build(self, input_shape):
        """Does nothing: there are no weights."""

    def call(self, tensors):
        scores, mask = tensors
        return ops.where(mask, scores, -1e9)
