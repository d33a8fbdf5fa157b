"""Graphs of networks that teach each other, with a gate on every edge."""

import itertools
import random

from tfkd.errors import InputError
from tfkd.errors import unknown

GATES = ("through", "cutoff", "linear", "correct")


def random_graph(networks, seed, gates=GATES):
    """Draws a gate for every edge, to search for a good graph.

    Args:
        networks: Nodes, the student included.
        seed: Whole number; the same makes the same graph.
        gates: What is drawn from.

    Returns:
        Edges as the method `ktg` takes them; a network teaches the student.

    Raises:
        InputError: If no network could.
    """
    open_ones = set(gates) & set(GATES) - {"cutoff"}
    if networks < 2 or not open_ones:
        raise InputError(
            "A random graph needs two networks and a gate that is no cutoff, "
            f"received networks={networks!r}, gates={gates!r}."
        )
    draw = random.Random(seed)
    while True:
        edges = [(s, t, draw.choice(gates)) for s, t, _ in complete(networks)]
        if any(t == 0 and s != "label" and g != "cutoff" for s, t, g in edges):
            return tuple(edges)


def complete(count):
    """Returns every edge of so many nodes and the label, all through."""
    sources = ("label", *range(count))
    return tuple(
        (source, target, "through")
        for source, target in itertools.product(sources, range(count))
        if source != target
    )


def open_edges(graph, count):
    """Returns the edges of a graph that are not cut off.

    Args:
        graph: `(source, target, gate)`, the source `"label"` or a node.
        count: Nodes, numbered from 0.

    Raises:
        InputError: If an edge or a gate is none, or an edge is there twice.
    """
    nodes = range(count)
    seen = set()
    for source, target, gate in graph:
        if gate not in GATES:
            raise unknown("gate of ktg", gate, GATES)
        if (
            source not in ("label", *nodes)
            or target not in nodes
            or source == target
            or (source, target) in seen
        ):
            raise InputError(
                "An edge of ktg must lead from 'label' or a node to another "
                f"node, once, of {count} nodes from 0; received "
                f"{(source, target, gate)} in {tuple(graph)}."
            )
        seen.add((source, target))
    return [tuple(edge) for edge in graph if edge[2] != "cutoff"]
