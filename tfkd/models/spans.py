"""Networks that find the span of a document that answers a query.

Both take a dict of tokens: `"query"` (batch, query length) and `"document"`
(batch, document length), padded with 0. They return a dict of logits over the
document's positions, `"start"` and `"end"` (batch, document length), where
padding scores -1e9.
"""

import keras
from keras import layers

from tfkd.models import recurrent
from tfkd.models import sequence_layers
from tfkd.models import transformer

ENDS = ("start", "end")


def reader(
    *, query_length, length, vocabulary, width=32, heads=4, depth=2, dropout=0.0
):
    """Builds a transformer that relates every word to every other.

    Args:
        query_length: Tokens of a query.
        length: Tokens of a document.
        vocabulary: Number of different tokens.
        width: Features of a token, a multiple of `heads`.
        heads: Heads of every attention.
        depth: Layers.
        dropout: Rate, see `tfkd.models.transformer.build`.

    Returns:
        A functional `keras.Model` with the taps of a transformer.
    """
    inputs = _inputs(query_length, length)
    tokens = layers.Concatenate(name="tokens")(list(inputs.values()))
    x = transformer.encode(
        tokens,
        sequence_layers.PaddingMask(name="token_mask")(tokens),
        vocabulary=vocabulary,
        width=width,
        heads=heads,
        depth=depth,
        dropout=dropout,
    )
    x = layers.Cropping1D((query_length, 0), name="embedding")(x)
    mask = sequence_layers.PaddingMask(name="mask")(inputs["document"])
    outputs = {}
    for end in ENDS:
        scores = layers.EinsumDense(
            "btw,w->bt", (length,), name=f"{end}_scores", dtype="float32"
        )(x)
        outputs[end] = _masked(scores, mask, end)
    return keras.Model(inputs, outputs, name="span_reader")


def simple_reader(*, query_length, length, vocabulary, width=16, units=16):
    """Builds LSTMs that see the query as one vector.

    Args:
        query_length: Tokens of a query.
        length: Tokens of a document.
        vocabulary: Number of different tokens.
        width: Features of a token.
        units: Of the LSTMs of each direction.

    Returns:
        A functional `keras.Model` with the taps `query_states`, `embedding`
        (of the query), `stage1` (states of the document).
    """
    inputs = _inputs(query_length, length)
    tokens = layers.Concatenate(name="tokens")(list(inputs.values()))
    words = layers.Embedding(vocabulary, width, name="words")(tokens)
    masks, states = {}, {}
    for part, name, cut in (
        ("query", "query_states", (0, length)),
        ("document", "stage1", (query_length, 0)),
    ):
        mask_name = "mask" if part == "document" else "query_mask"
        masks[part] = sequence_layers.PaddingMask(name=mask_name)(inputs[part])
        lstm = layers.LSTM(units, return_sequences=True, name=f"{part}_lstm")
        x = layers.Cropping1D(cut, name=f"{part}_words")(words)
        states[part] = layers.Bidirectional(lstm, name=name)(
            x, mask=masks[part]
        )
    query = recurrent.attentive_mean(states["query"], masks["query"])
    outputs = {}
    for end in ENDS:
        wanted = layers.Dense(2 * units, name=f"{end}_query")(query)
        scores = sequence_layers.Contraction(
            "btw,bw->bt", name=f"{end}_scores", dtype="float32"
        )([states["document"], wanted])
        outputs[end] = _masked(scores, masks["document"], end)
    return keras.Model(inputs, outputs, name="simple_span_reader")


def _inputs(query_length, length):
    return {
        "query": keras.Input((query_length,), dtype="int32", name="query"),
        "document": keras.Input((length,), dtype="int32", name="document"),
    }


def _masked(scores, mask, name):
    return sequence_layers.MaskedScores(name=name, dtype="float32")(
        [scores, mask]
    )
