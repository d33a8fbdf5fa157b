import pytest

from tfkd.errors import InputError
from tfkd.methods import transfer_graph


def test_a_complete_graph_has_every_edge_once():
    found = transfer_graph.complete(2)
    assert found == (
        ("label", 0, "through"),
        ("label", 1, "through"),
        (0, 1, "through"),
        (1, 0, "through"),
    )


def test_edges_that_are_cut_off_are_none():
    graph = (("label", 0, "linear"), (1, 0, "cutoff"), (0, 1, "correct"))
    found = transfer_graph.open_edges(graph, 2)
    assert found == [("label", 0, "linear"), (0, 1, "correct")]


def test_random_graphs_differ_by_seed_alone():
    graphs = {transfer_graph.random_graph(3, seed) for seed in range(20)}
    assert len(graphs) == 20
    draw = transfer_graph.random_graph
    assert draw(3, 0) == draw(3, 0)
    for graph in graphs:
        # 3 edges from the label and 3 * 2 between networks.
        assert len(graph) == 9
        gates = {gate for _, _, gate in graph}
        assert gates <= set(transfer_graph.GATES)
        assert any(
            source != "label" and target == 0 and gate != "cutoff"
            for source, target, gate in graph
        )


def test_gates_can_be_chosen():
    graph = transfer_graph.random_graph(3, 0, gates=("cutoff", "linear"))
    assert {gate for _, _, gate in graph} == {"cutoff", "linear"}


@pytest.mark.parametrize(
    ("edge", "message"),
    [
        ((1, 0, "open"), "gate of ktg named 'open'"),
        ((2, 0, "through"), "to another node, once, of 2 nodes"),
        ((0, 2, "through"), "to another node, once"),
        ((1, 1, "through"), "to another node, once"),
        ((0, "label", "through"), "to another node, once"),
    ],
)
def test_rejects_edges(edge, message):
    with pytest.raises(InputError, match=message):
        transfer_graph.open_edges((edge,), 2)
    with pytest.raises(InputError, match="once"):
        transfer_graph.open_edges(((0, 1, "linear"), (0, 1, "through")), 2)


def test_rejects_graphs_without_a_teacher():
    with pytest.raises(InputError, match="two networks and a gate"):
        transfer_graph.random_graph(1, 0)
    with pytest.raises(InputError, match="two networks and a gate"):
        transfer_graph.random_graph(3, 0, gates=("cutoff",))
