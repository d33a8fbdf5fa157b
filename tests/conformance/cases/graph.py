"""Conformance cases of distillation with graphs."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tfkd import tasks

GRAPH = tasks.get("graph")


def node_classifier(units):
    """A tiny graph network that labels nodes."""
    return GRAPH.model(units=units)


def neighborhoods(needs=(), count=EXAMPLES):
    """Graphs of digits, a third of whose labels are hidden."""
    x, y = GRAPH.data(count, nodes=8, neighbors=3)
    y[:, ::3] = -1
    return x, y


CASES = {
    "lsp_gcn": Case(
        teacher=lambda: node_classifier((6, 5)),
        student=lambda: node_classifier((4, 4)),
        data=neighborhoods,
        loss=GRAPH.loss(),
    ),
}
