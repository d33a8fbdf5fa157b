"""A transformer encoder whose every tensor is a tap."""

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.models import sequence_layers


def build(
    *,
    length,
    vocabulary,
    num_classes,
    width=32,
    heads=4,
    depth=2,
    expansion=2,
    dropout=0.0,
    every_position=False,
):
    """Builds an encoder and one classifier or several.

    Layer i makes the taps `stage{i}_queries`, `stage{i}_keys`,
    `stage{i}_values` (batch, heads, length, width / heads);
    `stage{i}_scores`, scaled products of queries and keys, and
    `stage{i}_attention`, their softmax over tokens that are no padding
    (batch, heads, length, length); and `stage{i}`, the hidden states (batch,
    length, width), that of [CLS] first.

    Args:
        length: Tokens of a sequence, [CLS] first, padded with 0.
        vocabulary: Number of different tokens.
        num_classes: Classes, or a dict of task name to classes: the model
            then returns a dict of logits.
        width: Features of a token, a multiple of `heads`.
        heads: Heads of every attention.
        depth: Layers, at least 1.
        expansion: Width of the hidden layer behind an attention, over
            `width`.
        dropout: Rate behind every attention and hidden layer.
        every_position: Whether every token is classified, `(batch, length,
            classes)`, as words that are masked are, instead of the sequence.

    Returns:
        A functional `keras.Model` from tokens `(batch, length)`, with taps
        `mask` (true where no padding is), those above, `embedding` (the last
        state of [CLS], or of every token), and `logits` or those of the
        tasks.

    Raises:
        InputError: If `width` is no multiple of `heads`, or `depth` < 1.
    """
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    mask = sequence_layers.PaddingMask(name="mask")(tokens)
    x = encode(
        tokens,
        mask,
        vocabulary=vocabulary,
        width=width,
        heads=heads,
        depth=depth,
        expansion=expansion,
        dropout=dropout,
    )
    if every_position:
        features = layers.Identity(name="embedding")(x)
    else:
        features = sequence_layers.FirstPosition(name="embedding")(x)
    outputs = classifiers(features, num_classes)
    return keras.Model(tokens, outputs, name="transformer")


def encode(
    tokens, mask, *, vocabulary, width, heads, depth, expansion=2, dropout=0.0
):
    """Returns the hidden states of the last layer, see `build`.

    Args:
        tokens: `(batch, length)`.
        mask: Likewise, true where a token counts.
        vocabulary: Number of different tokens.
        width: Features of a token, a multiple of `heads`.
        heads: Heads of every attention.
        depth: Layers, at least 1.
        expansion: Width of the hidden layer behind an attention, over
            `width`.
        dropout: Rate behind every attention and hidden layer.

    Raises:
        InputError: If `width` is no multiple of `heads`, or `depth` < 1.
    """
    if heads < 1 or width % heads or depth < 1:
        raise InputError(
            "A transformer needs a width that is a multiple of heads, and a "
            f"depth >= 1; received width={width!r}, heads={heads!r}, "
            f"depth={depth!r}."
        )
    seen = layers.Reshape((1, 1, tokens.shape[1]), name="seen")(mask)
    x = layers.Embedding(vocabulary, width, name="words")(tokens)
    x = sequence_layers.PositionEmbedding(name="positions")(x)
    x = layers.LayerNormalization(name="words_norm")(x)
    for index in range(1, depth + 1):
        name = f"stage{index}"
        found = attention(x, seen, heads, name)
        x = _add(x, found, dropout, f"{name}_attended")
        hidden = layers.Dense(
            expansion * width, activation="gelu", name=f"{name}_hidden"
        )(x)
        hidden = layers.Dense(width, name=f"{name}_output")(hidden)
        x = _add(x, hidden, dropout, name)
    return x


def attention(x, seen, heads, name):
    """Self-attention of several heads, each tensor with a name.

    Args:
        x: `(batch, length, width)`.
        seen: `(batch, 1, 1, length)`, true where a token counts.
        heads: Number of heads.
        name: Prefix of the layers' names.

    Returns:
        A tensor of the shape of `x`.
    """
    width = x.shape[-1] // heads

    def projected(part, bias):
        return layers.EinsumDense(
            "btw,whd->bhtd",
            (heads, x.shape[1], width),
            bias_axes=bias,
            name=f"{name}_{part}",
        )(x)

    queries = projected("queries", "hd")
    # A bias of the keys adds one number to all scores of a query: it would
    # change nothing, and never be trained.
    keys = projected("keys", None)
    values = projected("values", "hd")
    # In float32: in half precision, tails of the softmax are lost.
    scores = sequence_layers.Contraction(
        "bhqd,bhkd->bhqk", width**-0.5, name=f"{name}_scores", dtype="float32"
    )([queries, keys])
    shares = layers.Softmax(name=f"{name}_attention", dtype="float32")(
        scores, mask=seen
    )
    mixed = sequence_layers.Contraction(
        "bhqk,bhkd->bqhd", name=f"{name}_mixed"
    )([shares, values])
    return layers.EinsumDense(
        "bqhd,hdw->bqw",
        (x.shape[1], x.shape[-1]),
        bias_axes="w",
        name=f"{name}_projected",
    )(mixed)


def classifiers(features, num_classes):
    """Returns logits, or a dict of the logits of several tasks."""
    if not isinstance(num_classes, dict):
        return layers.Dense(num_classes, name="logits", dtype="float32")(
            features
        )
    return {
        task: layers.Dense(classes, name=task, dtype="float32")(features)
        for task, classes in num_classes.items()
    }


def _add(x, update, dropout, name):
    if dropout:
        update = layers.Dropout(dropout, name=f"{name}_dropout")(update)
    total = layers.Add(name=f"{name}_sum")([x, update])
    return layers.LayerNormalization(name=name)(total)
