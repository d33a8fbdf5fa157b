import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import SelectiveTargets
from tfkd.losses.selective_targets import likeliest

RANDOM = np.random.default_rng(0)


def made(classes=3, **arguments):
    loss = SelectiveTargets(**{"groups": 2, **arguments})
    specs = {"logits": keras.KerasTensor((None, None, classes))}
    member = {"member": keras.KerasTensor((None,), "int32")}
    loss.setup({**specs, **member}, specs)
    return loss


def run(loss, t, s, member, labels):
    teacher = {"logits": np.float32(t), "member": np.array(member)}
    return loss(teacher, {"logits": np.float32(s)}, labels=np.array(labels))


def log_softmax(z):
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def test_labels_and_the_likeliest_classes_are_mixed():
    t, s = RANDOM.normal(size=(2, 2, 3, 4))
    labels = np.array([[1, 0, -1], [3, 2, 2]])
    loss = made(4, top=2, imitation=0.7, temperature=2.0)
    found = run(loss, t, s, [0, 1], labels)
    # The two largest of four at T = 2, and the student's at all four.
    kept = t >= np.sort(t)[..., -2:-1]
    q = np.where(kept, np.exp(t / 2), 0)
    q /= q.sum(axis=-1, keepdims=True)
    log_q = np.log(np.where(kept, q, 1))
    kl = 4 * np.sum(q * (log_q - log_softmax(s / 2)), axis=-1)
    hard = -np.take_along_axis(
        log_softmax(s), np.maximum(labels, 0)[..., None], axis=-1
    )[..., 0]
    mixed = 0.3 * hard + 0.7 * kl
    # The last position of the first has no label.
    expected = [mixed[0, :2].mean(), mixed[1].mean()]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_without_groups_an_endless_margin_always_imitates():
    t, s = RANDOM.normal(size=(2, 2, 3, 3))
    labels = np.array([[1, 0, 2], [2, 2, 1]])
    arguments = {"imitation": 1.0, "momentum": 0.0, "margin": np.inf}
    grouped = made(**arguments)
    alone = SelectiveTargets(group_tap=None, **arguments)
    specs = {"logits": keras.KerasTensor((None, None, 3))}
    alone.setup(specs, specs)
    for _ in range(2):
        found = alone(
            {"logits": np.float32(t)}, {"logits": np.float32(s)}, labels=labels
        )
        expected = run(grouped, t, s, [0, 0], labels)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(alone.gates()[0]) == 1.0
    copy = SelectiveTargets.from_config(alone.get_config())
    assert (copy.group_tap, copy.margin) == (None, np.inf)
    with pytest.raises(InputError, match="there is one group"):
        SelectiveTargets(group_tap=None, groups=2)


def test_a_group_whose_student_is_better_learns_from_labels_alone():
    # Group 0: the student is right in 2 of 2, the teacher in 1; group 1: 0
    # and 1 of 1.
    eye = 5 * np.eye(3)
    t = eye[[[0, 1], [2, 2]]]
    s = eye[[[0, 2], [0, 0]]]
    labels = [[0, 2], [2, -1]]
    loss = made(momentum=0.0, imitation=0.9)
    np.testing.assert_allclose(loss.gates(), [0.9, 0.9])
    run(loss, t, s, [0, 1], labels)
    np.testing.assert_array_equal(loss.sums, [[2, 1, 2], [0, 1, 1]])
    np.testing.assert_allclose(loss.gates(), [0.0, 0.9])
    # By a margin of more than a half it is not better.
    strict = made(momentum=0.0, imitation=0.9, margin=0.6)
    run(strict, t, s, [0, 1], labels)
    np.testing.assert_allclose(strict.gates(), [0.9, 0.9])


def test_averages_forget():
    eye = 5 * np.eye(3)
    loss = made(groups=1, momentum=0.75)
    run(loss, eye[[[0]]], eye[[[0]]], [0], [[0]])
    run(loss, eye[[[1]]], eye[[[0]]], [0], [[0]])
    # 1/4 (1, 1, 1) forgotten to 3/16, and 1/4 (1, 0, 1).
    expected = [[3 / 16 + 1 / 4, 3 / 16, 3 / 16 + 1 / 4]]
    np.testing.assert_allclose(loss.sums, expected, rtol=1e-6)


def test_all_classes_are_the_likeliest_where_there_are_no_more():
    z = np.float32([[1, 2, 3]])
    np.testing.assert_array_equal(likeliest(z, None), z)
    np.testing.assert_array_equal(likeliest(z, 3), z)
    np.testing.assert_array_equal(np.argsort(likeliest(z, 1))[:, -1], [2])


def test_the_gradient_is_that_of_finite_differences():
    # The gate stays open: each call moves what it compares.
    loss = made(dtype="float64", top=2, margin=2.0)
    teacher = {
        "logits": RANDOM.normal(size=(2, 2, 3)),
        "member": np.array([0, 1]),
    }
    labels = np.array([[0, 1], [2, -1]])
    assert_gradient(
        lambda z: loss(teacher, {"logits": z}, labels=labels),
        RANDOM.normal(size=(2, 2, 3)),
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_it_is_finite_where_float32_comes_to_its_ends(scale):
    t, s = scale * RANDOM.normal(size=(2, 2, 5, 3))
    found = run(made(top=2), t, s, [0, 1], np.zeros((2, 5), int))
    assert np.all(np.isfinite(found))
    found = run(made(), t, s, [0, 1], np.full((2, 5), -1))
    np.testing.assert_array_equal(found, 0)


@pytest.mark.parametrize(
    "wrong",
    [{"groups": 0}, {"top": 0}, {"imitation": 1.5}, {"momentum": 1.0}],
)
def test_numbers_out_of_range_are_our_errors(wrong):
    with pytest.raises(InputError, match="Selective targets need groups"):
        SelectiveTargets(**wrong)


def test_other_errors():
    with pytest.raises(InputError, match="temperature must be"):
        SelectiveTargets(temperature=0.0)
    with pytest.raises(InputError, match="the same positions"):
        SelectiveTargets().setup(
            {"logits": keras.KerasTensor((None, 5, 3))},
            {"logits": keras.KerasTensor((None, 5, 4))},
        )
