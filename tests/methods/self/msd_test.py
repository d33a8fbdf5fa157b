import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("msd").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_is_the_papers_equation():
    distiller = build(
        exits=("stage1",),
        temperature=2.0,
        weight=0.3,
        task_weight=0.7,
        feature_weight=0.1,
    )
    deep = np.array([[2.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    z = np.array([[0.0, np.log(3.0), 0.0, 1.0], [1.0, 0.0, 0.0, 2.0]])
    # Squared distances of features: 1 + 4 = 5 and 1, mean 3.
    taps = {
        "logits": deep,
        "branch_stage1": z,
        "features": np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]),
        "features_branch_stage1": np.array([[0.0, 2.0, 2.0], [1.0, 0.0, 1.0]]),
    }
    taps = {name: value.astype("float32") for name, value in taps.items()}
    labels = np.array([1, 0])
    q, p = softmax(deep / 2), softmax(z / 2)
    ce = np.mean(-np.log(softmax(z)[np.arange(2), labels]))
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels))
        for loss in distiller.distillation_losses
    )
    expected = 0.7 * ce + 0.3 * 4 * kl + 0.1 * 3
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(distiller.student_loss_weight(0)) == pytest.approx(0.7)


def test_a_branch_is_as_deep_as_what_is_left_of_the_student():
    network = build().network
    shapes = [tuple(w.shape) for w in network.trainable_weights]
    # Kernels of stages 2 and 3: the student's, and those of the branches
    # from stage 1 (both) and from stage 2 (the last).
    assert shapes.count((3, 3, 4, 6)) == 2
    assert shapes.count((3, 3, 6, 8)) == 3
    assert network.output["features_branch_stage1"].shape == (None, 8)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": cases.student()}, "needs no teacher"),
        ({"exits": ("stage3",)}, "a tap before 'stage3'"),
        ({"exits": ("no_such",)}, "no_such"),
        ({"deepest_tap": "no_such"}, "no_such"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
