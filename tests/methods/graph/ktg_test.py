import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods import transfer_graph

KTG = methods.get("ktg")


def mlp(classes=2):
    return models.build(
        "mlp", input_shape=(5,), num_classes=classes, units=(4,)
    )


def build(**arguments):
    return KTG.build(**{"teacher": None, "student": mlp(), **arguments})


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def total(distiller, teacher, student, labels, step):
    """The weighted sum of all parts but the student's compiled loss."""
    return sum(
        float(loss.weight(step))
        * np.mean(loss(teacher, student, labels=labels, step=step))
        for loss in distiller.distillation_losses
    )


def test_every_gate_is_the_equation():
    # Node 1 learns from the label, linearly, and from node 0; the student
    # from what node 1 gets right and, linearly, from node 2.
    graph = (
        ("label", 1, "linear"),
        (0, 1, "through"),
        (1, 0, "correct"),
        (2, 0, "linear"),
        (0, 2, "through"),
        ("label", 0, "cutoff"),
    )
    distiller = build(peers=3, graph=graph, steps=10, task_weight=2.0)
    random = np.random.default_rng(0)
    z = random.normal(size=(3, 6, 2)).astype("float32")
    labels = np.array([0, 1, 0, 1, 0, -1])
    p = softmax(z.astype("float64"))

    def kl(s, t):
        return np.sum(p[s] * np.log(p[s] / p[t]), axis=-1)

    right = np.argmax(z[1], axis=-1) == labels
    shown = np.arange(5)
    entropy = -np.sum(np.log(p[1][shown, labels[:5]])) / 6
    # At step 4 of 10 a linear gate is open to 0.4.
    expected = (
        0.4 * 2.0 * entropy
        + np.mean(kl(0, 1))
        + np.mean(right * kl(1, 0))
        + 0.4 * np.mean(kl(2, 0))
        + np.mean(kl(0, 2))
    )
    names = ("logits", "peer1", "peer2")
    student = dict(zip(names, z))
    teacher = {f"0/{name}": z for name, z in student.items()}
    found = total(distiller, teacher, student, labels, step=4)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert float(distiller.student_loss_weight(4)) == 0.0


def test_without_a_graph_it_is_mutual_learning():
    # Copies of one seed are equal, so are their steps.
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    y = np.arange(8) % 2
    students = [mlp(), mlp()]
    students[1].set_weights(students[0].get_weights())
    for key, student in zip(("ktg", "dml"), students):
        distiller = methods.get(key).build(teacher=None, student=student)
        distiller.compile(
            keras.optimizers.SGD(0.1),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            run_eagerly=True,
        )
        distiller.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    for a, b in zip(*(student.get_weights() for student in students)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


def test_a_network_that_no_edge_ends_in_stays_as_it_was():
    student, frozen, peer = mlp(), mlp(), mlp()
    before = [model.get_weights() for model in (student, frozen, peer)]
    distiller = build(
        student=student,
        teacher=[frozen, peer],
        graph=((1, 0, "through"), (1, 2, "through"), (2, 0, "through")),
    )
    distiller.compile("adam", run_eagerly=True)
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    distiller.fit(x, np.zeros(8, "int32"), verbose=0)
    changed = [
        not all(map(np.array_equal, old, model.get_weights()))
        for old, model in zip(before, (student, frozen, peer))
    ]
    assert changed == [True, False, True]
    theirs = {id(v) for v in frozen.variables}
    assert not theirs & {id(v) for v in distiller.variables}


def test_a_student_that_only_labels_teach_can_teach():
    distiller = build(
        graph=(("label", 0, "through"), (0, 1, "through")), task_weight=3.0
    )
    assert [d.name for d in distiller.distillation_losses] == ["0_to_1"]
    distiller.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        run_eagerly=True,
    )
    x = np.random.default_rng(0).normal(size=(8, 5)).astype("float32")
    distiller.fit(x, np.zeros(8, "int32"), verbose=0)
    assert float(distiller.student_loss_weight(0)) == 3.0


def test_random_graphs_can_be_built():
    for seed in range(10):
        graph = transfer_graph.random_graph(3, seed)
        build(teacher=[mlp(), mlp()], graph=graph, steps=10)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"graph": ((1, 0, "open"),)}, "gate of ktg named 'open'"),
        ({"graph": ((2, 0, "through"),)}, "to another node, once, of 2"),
        ({"graph": ((1, 0, "through"),)}, "every network that starts"),
        ({"graph": ((0, 1, "through"),)}, "must end in the student"),
        ({"graph": (("label", 0, "through"),)}, "must join two networks"),
        (
            {"graph": ((1, 0, "linear"), (0, 1, "through"))},
            "linear gate of ktg opens until the last step",
        ),
        ({"peers": 1}, "peers of ktg"),
        ({"teacher": mlp(classes=3)}, "same classes"),
        ({"temperature": 0}, "temperature"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
