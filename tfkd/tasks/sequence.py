"""Token sequences: a class for each, or for every position."""

import keras

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
