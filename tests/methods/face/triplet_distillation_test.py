import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("triplet_distillation").build(
        teacher=network((5,)), student=network((3,)), **arguments
    )


def value(teacher, student, labels, **arguments):
    (loss,) = build(**arguments).distillation_losses
    return np.mean(loss({"embedding": teacher}, {"embedding": student}, labels))


def circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def test_the_paper_s_equations_by_hand():
    # Squared chords of 60, 90 and 180 degrees are 1, 2 and 4.
    student = circle(0, 60, -90)
    teacher = circle(0, 60, 180)
    # Triplets (0, 1, 2) and (1, 0, 2). Student: D_ap = 1; D_an = 2 and, over
    # 150 degrees, 2 + sqrt(3). Teacher: T_ap = 1; T_an = 4 and 3, so that d
    # is 3 and 2 and d_max 3.
    margins = 0.5 + np.array([1.0, 2 / 3])
    expected = np.maximum(1 - np.array([2, 2 + 3**0.5]) + margins, 0)
    found = value(
        teacher, student, np.array([0, 0, 1]), margin=0.5, largest_margin=1.5
    )
    assert expected.tolist() == [0.5, 0]
    np.testing.assert_allclose(found, expected.mean(), rtol=1e-6)


def test_the_mean_over_all_triplets_of_a_batch():
    labels = np.array([0, 0, 0, 1, 1, 2])
    t, s = RANDOM.normal(size=(6, 5)), RANDOM.normal(size=(6, 3))

    def squares(x):
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
        return np.sum((x[:, None] - x[None]) ** 2, axis=-1)

    big, small = squares(t), squares(s)
    triplets = [
        (a, p, n)
        for a in range(6)
        for p in range(6)
        for n in range(6)
        if a != p and labels[a] == labels[p] != labels[n]
    ]
    d = np.array([max(big[a, n] - big[a, p], 0) for a, p, n in triplets])
    f = 0.2 + 0.3 * d / d.max()
    gaps = np.array([small[a, p] - small[a, n] for a, p, n in triplets])
    found = value(t.astype("float32"), s.astype("float32"), labels)
    expected = np.mean(np.maximum(gaps + f, 0))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_equal_margins_are_the_plain_triplet_loss():
    labels = np.array([0, 0, 1, 1])
    teacher, other = RANDOM.normal(size=(2, 4, 5)).astype("float32")
    student = RANDOM.normal(size=(4, 3)).astype("float32")
    found = [
        value(t, student, labels, margin=0.3, largest_margin=0.3)
        for t in (teacher, other)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": 0.6}, "margin <= largest_margin"),
        ({"mining": "soft"}, "no mining of triplets"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher_tap": "embeding"}, "no tap"),
        ({"student_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
