"""Recurrent networks over token sequences."""

import keras
from keras import layers

from tfkd.models import sequence_layers
from tfkd.models import transformer


def build(*, length, vocabulary, num_classes, width=16, units=16):
    """Builds a bidirectional LSTM with attentive pooling.

    Args:
        length: Tokens of a sequence, padded with 0 at its end.
        vocabulary: Number of different tokens.
        num_classes: Classes, or a dict of task name to classes: the model
            then returns a dict of logits.
        width: Features of a token.
        units: Of the LSTM of each direction.

    Returns:
        A functional `keras.Model` from tokens `(batch, length)`, with taps
        `mask` (true where no padding is), `stage1` (states, batch, length,
        2 units), `attention` (shares of positions, batch, length, 1),
        `embedding` (their mean state), and `logits` or those of the tasks.
    """
    tokens, mask, x = _words(length, vocabulary, width)
    lstm = layers.LSTM(units, return_sequences=True, name="lstm")
    x = layers.Bidirectional(lstm, name="stage1")(x, mask=mask)
    features = attentive_mean(x, mask)
    outputs = transformer.classifiers(features, num_classes)
    return keras.Model(tokens, outputs, name="bilstm")


def attentive_mean(x, mask):
    """Returns the mean over tokens, with shares that are trained.

    Args:
        x: `(batch, length, width)`.
        mask: `(batch, length)`, true where a token counts.

    Returns:
        Shape `(batch, width)`, the layer `embedding`.
    """
    length, width = x.shape[1:]
    hidden = layers.Dense(
        width // 2, activation="tanh", name="attention_hidden"
    )(x)
    # Without a bias, which the softmax over positions would not notice.
    scores = layers.Dense(
        1, use_bias=False, name="attention_scores", dtype="float32"
    )(hidden)
    seen = layers.Reshape((length, 1), name="seen")(mask)
    shares = layers.Softmax(1, name="attention", dtype="float32")(
        scores, mask=seen
    )
    return sequence_layers.Contraction("bto,btw->bw", name="embedding")(
        [shares, x]
    )


def language_model(*, length, vocabulary, width=16, units=32):
    """Builds an LSTM that scores the next word at every position.

    Args:
        length: Tokens of a sequence, padded with 0 at its end.
        vocabulary: Number of different tokens.
        width: Features of a token, and of the vectors of the last layer.
        units: Of the LSTM.

    Returns:
        A functional `keras.Model` from tokens `(batch, length)` to logits
        `(batch, length, vocabulary)`, with taps `mask`, `stage1` (the LSTM's
        states), `embedding` (`width` features a position), `logits`.
    """
    tokens, mask, x = _words(length, vocabulary, width)
    x = layers.LSTM(units, return_sequences=True, name="stage1")(x, mask=mask)
    x = layers.Dense(width, name="embedding")(x)
    outputs = layers.Dense(vocabulary, name="logits", dtype="float32")(x)
    return keras.Model(tokens, outputs, name="language_model")


def _words(length, vocabulary, width):
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    mask = sequence_layers.PaddingMask(name="mask")(tokens)
    x = layers.Embedding(vocabulary, width, name="words")(tokens)
    return tokens, mask, x
