"""Networks and data of conformance cases on token sequences."""

from tests.conformance.cases.base import EXAMPLES
from tfkd import tasks

LENGTH = 8
# Tokens of one paragraph of three.
PART = 4
SEQUENCE = tasks.get("sequence")
# Label -1 counts nothing, in each task.
LOSSES = {task: SEQUENCE.loss() for task in SEQUENCE.TASKS}
SPAN_LOSSES = {end: SEQUENCE.loss() for end in ("start", "end")}


def transformer(depth=2, width=8, **arguments):
    """A tiny transformer of two heads."""
    return SEQUENCE.model(
        length=LENGTH, width=width, heads=2, depth=depth, **arguments
    )


def teachers_of_tasks():
    """Two teachers of one task, a third one of both."""
    both = transformer(num_classes=SEQUENCE.TASKS)
    return {
        "package": [transformer(), transformer(), both],
        "opening": [both],
    }


def bilstm(**arguments):
    """A tiny bidirectional LSTM of two tasks."""
    return SEQUENCE.recurrent_model(
        length=LENGTH,
        width=4,
        units=3,
        num_classes=SEQUENCE.TASKS,
        **arguments,
    )


def language_model():
    return SEQUENCE.language_model(length=LENGTH, width=4, units=3)


def sentences(needs=(), count=EXAMPLES):
    """Sentences and the packages they document."""
    return SEQUENCE.data(count, length=LENGTH)


def two_tasks(needs=(), count=EXAMPLES):
    """Sentences, with labels of two tasks, some of them missing."""
    x, y = SEQUENCE.task_data(count, length=LENGTH)
    y["opening"][1::3] = -1
    return x, y


def next_words(needs=(), count=EXAMPLES):
    """Sentences, and the next word of each word."""
    return SEQUENCE.language_data(count, length=LENGTH)


def reader():
    """Relates all words of a query and a document."""
    return SEQUENCE.span_model(
        query_length=PART, length=3 * PART, width=8, heads=2, depth=1
    )


def simple_reader():
    """Sees the query as one vector."""
    return SEQUENCE.span_model(
        simple=True, query_length=PART, length=3 * PART, width=4, units=3
    )


def spans(needs=(), count=EXAMPLES):
    """Queries and documents, and where the response is."""
    return SEQUENCE.span_data(count, length=PART)
