import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant


def student():
    return models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))


def build(**arguments):
    arguments = {"teacher": None, "student": student(), **arguments}
    return methods.get("cat_da").build(**arguments)


def clusters(h, classes, margin):
    """Mean over all pairs of one domain, by loops."""
    pairs = []
    for i, j in np.ndindex(len(h), len(h)):
        d = np.mean((h[i] - h[j]) ** 2)
        pairs.append(d if classes[i] == classes[j] else max(0, margin - d))
    return np.mean(pairs)


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    h = random.normal(size=(7, 4))
    z = np.array([[0, 1]] * 3 + [[1, 0], [0, 1], [2, 1], [0, 3]])
    labels = np.array([0, 1, 1, -1, -1, -1, -1])
    source, target = labels[:3], z[3:].argmax(axis=1)
    expected = clusters(h[:3], source, 2.0) + clusters(h[3:], target, 2.0)
    expected += np.mean(
        [
            np.mean(
                (h[:3][source == k].mean(0) - h[3:][target == k].mean(0)) ** 2
            )
            for k in (0, 1)
        ]
    )
    distiller = build(feature_tap="embedding", margin=2.0, weight=Constant(3.0))
    t, s = {"logits": np.float32(z)}, {"embedding": np.float32(h)}
    found = sum(
        float(loss.weight(0)) * np.mean(loss(t, s, labels=labels, step=0))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, 3 * expected, rtol=1e-5)


def test_the_labels_of_the_target_are_the_teachers():
    # The student's own logits are read as features only.
    for loss in build().distillation_losses:
        assert loss.teacher_taps == loss.student_taps == ("logits",)
    assert build().teacher.follows_student


def test_both_terms_wait_and_then_ramp_up():
    for loss in build(
        start_steps=5, ramp_steps=10, weight=8.0
    ).distillation_losses:
        found = [float(loss.weight(step)) for step in (0, 4, 5, 15, 99)]
        expected = [0, 0, 8 * np.exp(-5), 8, 8]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"feature_tap": "no_such"}, "no_such"),
        ({"margin": -1.0}, "margin must be"),
        ({"start_steps": -1}, "start_steps of cat_da"),
        ({"ramp_steps": 0}, "ramp_steps of cat_da"),
        ({"decay": 1.0}, "decay must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
