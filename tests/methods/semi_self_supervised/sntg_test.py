import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant


def student(**arguments):
    return models.build(
        "mlp", input_shape=(3,), num_classes=2, units=(4,), **arguments
    )


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("sntg").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    z, other = random.normal(size=(2, 4, 2))
    h = random.normal(size=(4, 4))
    labels = np.array([1, -1, -1, 0])
    classes = np.where(labels >= 0, labels, other.argmax(axis=1))
    consistency = np.mean((softmax(z) - softmax(other)) ** 2)
    pairs = []
    for i in range(4):
        for j in set(range(4)) - {i}:
            d = np.sqrt(np.mean((h[i] - h[j]) ** 2))
            same = classes[i] == classes[j]
            pairs.append(d**2 if same else max(0, 2.0 - d) ** 2)
    distiller = build(
        weight=Constant(3.0), graph_weight=0.5, margin=2.0, labelled_share=0.2
    )
    taps = {"logits": z, "logits_2": other, "embedding": h}
    taps = {name: value.astype("float32") for name, value in taps.items()}
    found = sum(
        factor
        * float(loss.weight(0))
        * np.mean(loss(taps, taps, labels=labels, step=0))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    expected = 0.2 * 3 * (consistency + 0.5 * np.mean(pairs))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_graph_is_a_constant():
    # The second view's logits have no gradient from the graph: only the
    # student's features of the first view are read with one.
    _, graph = build().distillation_losses
    assert graph.student_taps == ("embedding",)
    assert graph.teacher_taps == ("logits_2",)


def test_both_terms_ramp_up():
    for loss in build(ramp_steps=10, weight=8.0).distillation_losses:
        found = [float(loss.weight(step)) for step in (0, 10)]
        np.testing.assert_allclose(found, [8 * np.exp(-5), 8], rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"labelled_share": 2.0}, "labelled_share of sntg"),
        ({"ramp_steps": 0}, "ramp_steps of sntg"),
        ({"graph_weight": -1.0}, "graph_weight must be"),
        ({"margin": -1.0}, "margin must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
