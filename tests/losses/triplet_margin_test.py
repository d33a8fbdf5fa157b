import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import TripletMargin

RANDOM = np.random.default_rng(0)
# On a line, two of class 0 at 0 and 3, two of class 1 at 4 and 10.
X = np.array([[0.0], [3.0], [4.0], [10.0]], "float32")
Y = np.array([0, 0, 1, 1])


def values(x, labels=Y, teacher=None, **arguments):
    loss = TripletMargin(student_tap="s", **arguments)
    return loss({"t": teacher}, {"s": x}, labels=labels)


def test_hard_triplets_by_hand():
    # Farthest own - nearest other + 1: 3 - 4, 3 - 1, 6 - 1, 6 - 7.
    found = values(X, margin=1.0)
    np.testing.assert_allclose(found, [0, 3, 6, 0], rtol=1e-6)


def test_all_triplets_by_hand():
    # Of eight: 0 to 3 against 4, 10: -1, -7. 3 to 0 against 4, 10: 2, -4.
    # 4 to 10 against 0, 3: 2, 5. 10 to 4 against 0, 3: -4, -1; plus 1.
    found = values(X, margin=1.0, mining="all")
    np.testing.assert_allclose(found, np.array([0, 3, 9, 0]) * 4 / 8, rtol=1e-6)


def test_distances_may_be_squared():
    # 9 - 16, 9 - 1, 36 - 1, 36 - 49.
    found = values(X, margin=0.0, squared=True)
    np.testing.assert_allclose(found, [0, 8, 35, 0], rtol=1e-6)


def test_unit_embeddings_ignore_length():
    x = RANDOM.normal(size=(4, 3)).astype("float32")
    scaled = x * np.array([[1], [5], [0.1], [2]], "float32")
    np.testing.assert_allclose(
        values(x, normalize=True), values(scaled, normalize=True), rtol=1e-5
    )


def test_a_teacher_sets_the_margins():
    # Teacher's T_an - T_ap of hard triplets (0; 1, 2), (1; 0, 2), (2; 3, 1),
    # (3; 2, 1): 2 - 1, 1 - 1, 1 - 3 (to 0) and 4 - 3.
    teacher = np.array([[0.0], [1.0], [2.0], [5.0]], "float32")
    gaps = np.array([-1, 2, 5, -1])
    margins = np.array([3.0, 2.0, 2.0, 3.0])
    found = values(
        X, teacher=teacher, teacher_tap="t", margin=2.0, largest_margin=3.0
    )
    np.testing.assert_allclose(found, gaps + margins, rtol=1e-6)


@pytest.mark.parametrize("mining", ["hard", "all"])
def test_unlabelled_examples_take_no_part(mining):
    x = np.concatenate([X, [[1.5], [7.0]]]).astype("float32")
    labels = np.array([0, 0, 1, 1, -1, -1])
    found = values(x, labels, mining=mining)
    # The mean over the batch is still that over triplets.
    np.testing.assert_allclose(
        found.numpy().mean(), values(X, mining=mining).numpy().mean(), rtol=1e-6
    )
    np.testing.assert_array_equal(found[4:], 0)


@pytest.mark.parametrize("mining", ["hard", "all"])
@pytest.mark.parametrize("labels", [[0, 0, 0], [0, 1, 2], [-1, -1, -1]])
def test_a_batch_without_triplets_is_zero(mining, labels):
    x = tf.constant(X[:3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = values(x, np.array(labels), mining=mining)
    np.testing.assert_array_equal(loss, 0)
    assert np.all(np.isfinite(tape.gradient(loss, x)))


@pytest.mark.parametrize("mining", ["hard", "all"])
def test_gradient_agrees_with_finite_differences(mining):
    labels = np.array([0, 0, 1, 1, 2, -1])
    loss = TripletMargin(
        student_tap="s", mining=mining, margin=1.0, dtype="float64"
    )
    assert_gradient(
        lambda s: loss({}, {"s": s}, labels=labels),
        RANDOM.normal(size=(6, 3)),
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mining": "soft"}, "no mining of triplets named 'soft'"),
        ({"margin": -1.0}, "0 <= margin"),
        ({"teacher_tap": "t"}, "or neither"),
        ({"largest_margin": 0.5}, "or neither"),
        (
            {"teacher_tap": "t", "margin": 0.5, "largest_margin": 0.1},
            "margin <= largest_margin",
        ),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        TripletMargin(student_tap="s", **wrong)


@pytest.mark.parametrize("labels", [None, np.eye(4)])
def test_labels_must_be_class_indices(labels):
    with pytest.raises(InputError, match="needs class indices"):
        values(X, labels)
