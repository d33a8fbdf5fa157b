"""Networks whose texts are probabilities of words at every position."""

import keras
from keras import layers
from keras import ops


def autoencoder(*, length, vocabulary, width=32, code=64):
    """Builds an autoencoder of token sequences.

    An LSTM reads the words; a dense layer makes of its last state a vector
    for each position, and a convolution over these the probabilities.

    Args:
        length: Tokens of a sequence.
        vocabulary: Number of different tokens.
        width: Features of a token.
        code: Numbers of which a sequence is restored.

    Returns:
        A functional `keras.Model` from tokens `(batch, length)` to
        `probabilities` (batch, length, vocabulary), float32; with the tap
        `code`.
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Embedding(vocabulary, width, name="words")(tokens)
    x = layers.LSTM(code, name="code")(x)
    return keras.Model(
        tokens, _text(x, length, vocabulary, width), name="autoencoder"
    )


def generator(*, length, vocabulary, noise=32, width=32):
    """Builds a generator of soft texts.

    Args:
        length: Tokens of a sequence.
        vocabulary: Number of different tokens.
        noise: Numbers that a text is made of.
        width: Features of a token.

    Returns:
        A functional `keras.Model` from noise `(batch, noise)` to
        `probabilities` (batch, length, vocabulary), float32.
    """
    inputs = keras.Input((noise,), name="noise")
    return keras.Model(
        inputs, _text(inputs, length, vocabulary, width), name="generator"
    )


def one_hot(*, length, vocabulary):
    """Builds what takes every text as it is, without any weight.

    Args:
        length: Tokens of a sequence.
        vocabulary: Number of different tokens.

    Returns:
        A functional `keras.Model` from tokens to `probabilities`, 1 for the
        word that is there.
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    return keras.Model(
        tokens, OneHot(vocabulary, name="probabilities")(tokens), name="one_hot"
    )


@keras.saving.register_keras_serializable("tfkd")
class OneHot(layers.Layer):
    """Rows of 1 at a token and 0 elsewhere, float32.

    Args:
        vocabulary: Number of different tokens.
        **kwargs: Of a Keras layer.
    """

    def __init__(self, vocabulary, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.vocabulary = int(vocabulary)

    def call(self, tokens):
        return ops.one_hot(tokens, self.vocabulary, dtype="float32")

    def get_config(self):
        return {**super().get_config(), "vocabulary": self.vocabulary}


def _text(x, length, vocabulary, width):
    """Probabilities of words of a vector, the layer `probabilities`."""
    x = layers.Dense(length * width, activation="relu", name="positions")(x)
    x = layers.Reshape((length, width), name="sequence")(x)
    x = layers.Conv1D(
        width, 3, padding="same", activation="relu", name="neighbours"
    )(x)
    return layers.Dense(
        vocabulary, activation="softmax", dtype="float32", name="probabilities"
    )(x)
