"""Token sequences: a class for each, or for every position."""

import keras
import numpy as np

from tfkd.errors import InputError
from tfkd.models import recurrent
from tfkd.models import spans
from tfkd.models import transformer
from tfkd.tasks import documentation

LABELS = (
    "whole numbers: the class of each sequence (batch,), or of each position "
    "(batch, length), -1 where it does not count; a dict of them for a model "
    "of several tasks"
)
TAPS = {
    "mask": "mask",
    "features": "embedding",
    "logits": "logits",
}
CLASSES = len(documentation.PACKAGES)
TASKS = {"package": CLASSES, "opening": 2}


def loss():
    """Returns the mean cross-entropy of logits.

    Sequences and positions of class -1 count nothing, in a `Distiller` and
    without one.
    """
    return keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, ignore_class=-1
    )


def metrics():
    """Returns the metrics of sequences.

    Compile them as `weighted_metrics`: a `Distiller` gives what is of class
    -1 the weight 0.
    """
    return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]


def model(**arguments):
    """Builds a tiny transformer, see `tfkd.models.transformer.build`."""
    return transformer.build(**{**_sizes(CLASSES), **arguments})


def masked_language_model(**arguments):
    """Builds a tiny transformer of masked words, likewise."""
    return transformer.build(
        **{
            **_sizes(documentation.VOCABULARY),
            "every_position": True,
            **arguments,
        }
    )


def recurrent_model(**arguments):
    """Builds a tiny bidirectional LSTM, see `tfkd.models.recurrent.build`."""
    return recurrent.build(**{**_sizes(CLASSES), **arguments})


def language_model(**arguments):
    """Builds a tiny LSTM of next words, likewise."""
    sizes = _sizes(CLASSES)
    del sizes["num_classes"]
    return recurrent.language_model(**{**sizes, **arguments})


def span_model(*, simple=False, **arguments):
    """Builds a tiny reader of spans, see `tfkd.models.spans`."""
    sizes = {
        "query_length": documentation.LENGTH // 2,
        "length": documentation.LENGTH // 2 * len(documentation.PACKAGES),
        "vocabulary": documentation.VOCABULARY,
    }
    build = spans.simple_reader if simple else spans.reader
    return build(**{**sizes, **arguments})


def _sizes(classes):
    return {
        "length": documentation.LENGTH,
        "vocabulary": documentation.VOCABULARY,
        "num_classes": classes,
    }


def data(count, **arguments):
    """Returns tokens and packages, see `documentation.sentences`."""
    found = documentation.sentences(count, **arguments)
    return found.tokens, found.packages


def task_data(count, **arguments):
    """Returns tokens, and labels of the two tasks in `TASKS`."""
    found = documentation.sentences(count, **arguments)
    return found.tokens, {"package": found.packages, "opening": found.openings}


def masked_data(count, *, rate=0.15, mask_seed=0, **arguments):
    """Returns tokens of which some are masked, and what those were.

    Args:
        count: Number of sequences.
        rate: Share of the words that are masked, above 0 and at most 1.
        mask_seed: The same seed masks the same words.
        **arguments: See `documentation.sentences`.

    Returns:
        Tokens, and labels of their shape: -1 where a word is shown. Words
        outside the vocabulary are never masked.

    Raises:
        InputError: If the rate is out of range.
    """
    if not 0 < rate <= 1:
        raise InputError(
            f"rate must be above 0 and at most 1, received {rate!r}. BERT "
            "masks 0.15."
        )
    words = documentation.sentences(count, **arguments).tokens
    chosen = np.random.default_rng(mask_seed).random(words.shape) < rate
    chosen &= words > documentation.MASKED
    tokens = np.where(chosen, documentation.MASKED, words).astype("int32")
    return tokens, np.where(chosen, words, -1).astype("int32")


def span_data(count, **arguments):
    """Returns queries and documents, and where the response is."""
    found = documentation.responses(count, **arguments)
    x = {"query": found.queries, "document": found.documents}
    return x, {"start": found.spans[:, 0], "end": found.spans[:, 1]}


def language_data(count, **arguments):
    """Returns tokens and the next word of each, -1 behind the last word."""
    tokens = documentation.sentences(count, **arguments).tokens
    following = tokens.copy()
    following[:, :-1] = tokens[:, 1:]
    following[:, -1] = documentation.PADDING
    following[following == documentation.PADDING] = -1
    return tokens, following
