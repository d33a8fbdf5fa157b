"""KTG: networks are nodes, and gated edges carry what they teach.

Equation:  L_t = sum_(s -> t) G_st(L_st),  L_st = a H(y, p_t) from the label,
           b T^2 KL(p_s || p_t) from network s, p_s a constant
           G(L) = L            "through"
                  0            "cutoff"
                  k / K L      "linear", at step k of K
                  1[argmax p_s = y] L   "correct", of each example
Symbols:   p_t = softmax(z_t / T) of network t, T = 1 in H; edges s -> t are
           `graph`; K = `steps`; T = `temperature`; a = `task_weight`;
           b = `weight`, both 1 in the paper.
Paper:     Minami, Hirakawa, Yamashita & Fujiyoshi, *Knowledge Transfer Graph
           for Deep Collaborative Learning*, ACCV 2020, arXiv:1909.04286.
Survey:    Sec 6.1, Eqn 20 over edges, Table 5, ref [171]; the table prints
           another row's distance, "L1 + KP loss".
Differs:   confirmed in public code of the group: the four gates, the
           sum over edges, that "correct" asks the source alone. Networks are
           updated together, from one forward pass of each. The paper searches
           the graph with ASHA, which stops bad trials early: here
           `tfkd.methods.transfer_graph.random_graph` draws one, and the
           caller keeps the best on validation data. Without `graph` every
           edge is there, through: mutual learning.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import CorrectOnly
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.methods.transfer_graph import complete
from tfkd.methods.transfer_graph import open_edges
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="ktg",
    status="simplified",
    simplified="graphs are drawn at random, without stopping bad ones early",
    columns={
        "Purpose": "Model compression",
        "Graph type": "Directed graph",
        "Knowledge type": "Network model",
        "Distance": "KL (printed: L1 + KP loss)",
        "Graph embedding": "-",
    },
    teacher="none",
)


def build(
    *,
    teacher=None,
    student,
    graph: tuple | None = None,
    peers: int | None = None,
    steps: int | None = None,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: The other networks, models of the same classes: one that an
            edge ends in is trained from the weights that it has, the others
            stay as they are. Copies of the student with new weights if
            `None`.
        student: Classifier, node 0.
        graph: `((source, target, gate), ...)`, the source `"label"` or a
            node. An edge that is not listed is cut off. Every edge, through,
            if absent.
        peers: Nodes, the student included; 2 if absent, or as many as are
            given.
        steps: K, with linear gates.
        temperature: T > 0, a number or schedule.
        weight: b >= 0.
        task_weight: a >= 0.
        seed: Whole number behind the weights of new networks.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If the graph does not fit the networks, nothing teaches
            the student or a new network, classes differ in number, or a
            number is out of range.
    """
    models = peer_models("ktg", teacher, student, peers, seed)
    count = len(models) + 1
    edges = open_edges(complete(count) if graph is None else graph, count)
    trained = sorted({target for _, target, _ in edges})
    between = any(source != "label" for source, _, _ in edges)
    if (
        not between
        or 0 not in trained
        or (teacher is None and len(trained) < count)
    ):
        raise InputError(
            "In ktg an edge must join two networks, and some must end in the "
            "student, node 0, and in every network that starts from new "
            f"weights; received, of {count} nodes, {edges}. Add an edge, or "
            "pass trained networks as teacher."
        )
    learners = [models[node - 1] for node in trained if node > 0]
    read = sorted({s for s, _, _ in edges} - {"label", *trained})
    student_tap = {0: "logits"}
    student_tap |= {n: f"peer{i}" for i, n in enumerate(trained[1:], 1)}
    teacher_tap = {node: f"0/{tap}" for node, tap in student_tap.items()}
    teacher_tap |= {node: f"{i}/logits" for i, node in enumerate(read, 1)}
    losses, own_task = [], 0.0
    for source, target, gate in edges:
        name, tap = f"{source}_to_{target}", student_tap[target]
        if source != "label":
            part = SoftTargets(
                temperature=temperature,
                teacher_tap=teacher_tap[source],
                student_tap=tap,
                weight=_gated(weight, gate, steps),
                name=name,
            )
            losses.append(_filtered(part, gate))
        elif target == 0:
            own_task = _gated(task_weight, gate, steps)
        else:
            task = _gated(task_weight, gate, steps)
            losses.append(TaskLoss(student_tap=tap, weight=task, name=name))
    return Distiller(
        student=student,
        network=taps.with_peers(student, learners),
        teacher=EnsembleTeacher(
            [SelfTeacher(), *(models[node - 1] for node in read)]
        ),
        distillation_losses=losses,
        student_loss_weight=own_task,
    )


def _filtered(part, gate):
    """A loss between networks behind a gate of examples."""
    if gate != "correct":
        return part
    (tap,) = part.teacher_taps
    return CorrectOnly(part=part, teacher_tap=tap, name=part.name)


def _gated(weight, gate, steps):
    """A weight behind a gate of time."""
    if gate != "linear":
        return weight
    if steps is None:
        raise InputError(
            "A linear gate of ktg opens until the last step: pass `steps`, "
            "the number of training steps; received None."
        )
    return schedules.Linear(0.0, weight, steps)
