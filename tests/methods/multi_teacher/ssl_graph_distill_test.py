import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def mlp(classes=3, width=4):
    return models.build(
        "mlp", input_shape=(5,), num_classes=classes, units=(width,)
    )


def build(**arguments):
    arguments = {
        "teacher": [mlp(), mlp(width=6), mlp()],
        "student": mlp(width=2),
        "teacher_tap": "embedding",
        "units": 7,
        **arguments,
    }
    return methods.get("ssl_graph_distill").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_answers_are_compared_by_what_has_to_move():
    # Equal edges: 1/2 + 1/2 each. p = (1/2, 1/4, 1/4), q = (1/4, 1/2, 1/4)
    # and p itself: 1/4 has to move, and nothing.
    graph = build(teacher=[mlp(), mlp()], sharpness=0.0).distillation_losses[0]
    p = np.log(np.float32([[2, 1, 1]]))
    q = np.log(np.float32([[1, 2, 1]]))
    found = graph({"0/logits": q, "1/logits": p}, {"logits": p})
    np.testing.assert_allclose(found, [0.25], rtol=1e-5)


def test_edges_differ_and_are_pulled_to_equal_ones():
    graph = build(prior_weight=3.0, sharpness=2.0).distillation_losses[0]
    z = RANDOM.normal(size=(4, 6, 3)).astype("float32")
    teacher = {f"{k}/logits": z[k] for k in range(3)}
    student = {"logits": z[3]}
    g = np.array(graph.edges(teacher, student), "float64")
    assert np.ptp(g) > 1e-3
    emd = [np.abs(softmax(z[k]) - softmax(z[3])).sum(-1) / 2 for k in range(3)]
    pull = 3 * np.sum((g.mean(axis=0) - 1 / 3) ** 2)
    expected = np.sum((g + 1 / 3) * np.stack(emd, axis=1), axis=1) + pull
    np.testing.assert_allclose(graph(teacher, student), expected, rtol=1e-4)


def test_every_pair_of_teachers_is_joined():
    distiller = build(feature_weight=2.0)
    losses = distiller.distillation_losses[1:]
    assert [loss.name for loss in losses] == [
        "pair_0_1",
        "pair_0_2",
        "pair_1_2",
    ]
    np.testing.assert_allclose(
        distiller.distillation_loss_weights, [1, 1 / 3, 1 / 3, 1 / 3]
    )
    loss = losses[0]
    x = RANDOM.normal(size=(2, 4)).astype("float32")
    y = RANDOM.normal(size=(2, 6)).astype("float32")
    s = RANDOM.normal(size=(2, 2)).astype("float32")
    W, V = loss.teacher_transform.signs
    u = (x @ W) * (y @ V) / np.sqrt(7)
    v = np.sign(u) * np.sqrt(np.abs(u))
    kernel, bias = loss.student_transform.get_weights()
    r = s @ kernel + bias
    unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (v, r)]
    expected = np.sum((unit[0] - unit[1]) ** 2, axis=1)
    found = loss({"0/embedding": x, "1/embedding": y}, {"embedding": s})
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_it_trains():
    distiller = build()
    distiller.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    x = RANDOM.normal(size=(64, 5)).astype("float32")
    y = np.argmax(distiller.teacher.members[0].model(x), axis=-1)
    logs = distiller.fit(x, y, epochs=10, verbose=0).history
    for part in ("logits_graph", "pair_0_1"):
        assert logs[part][-1] < logs[part][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": [mlp()]}, "needs at least two"),
        ({"teacher": [mlp(), mlp(classes=4)]}, "taps of one known shape"),
        ({"units": 0}, "units must be a whole number"),
        ({"sharpness": -1.0}, "finite numbers >= 0"),
        ({"feature_weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
