import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import DomainCentroids

LABELS = np.array([0, 0, 1, -1, -1, -1])
# The target's classes are 0, 2, 2; those of the source are not asked.
Z = np.float32([[0, 0, 1]] * 3 + [[1, 0, 0], [0, 0, 1], [0, 0, 1]])


def values(loss, h, labels=LABELS, z=Z):
    return loss({"logits": z}, {"embedding": h}, labels=labels)


def test_distance_of_the_centres_of_shared_classes():
    h = np.float32([[0, 0], [2, 0], [9, 9], [2, 2], [5, 5], [7, 7]])
    # Class 0 is in both: centres (1, 0) and (2, 2), 1/2 (1 + 4).
    found = values(DomainCentroids(), h)
    np.testing.assert_allclose(found, [2.5] * 6, rtol=1e-6)


def test_every_shared_class_counts_once():
    labels = np.array([2, 0, 2, 2, -1, -1, -1])
    z = np.float32([[0, 0, 1]] * 4 + [[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    h = np.float32([[0], [4], [3], [3], [1], [5], [7]])
    # Class 0: 4 and 1; class 2: 2 and 6.
    found = values(DomainCentroids(), h, labels, z)
    np.testing.assert_allclose(found, [(9 + 16) / 2] * 7, rtol=1e-6)


def test_is_zero_without_a_shared_class():
    h = np.random.default_rng(0).normal(size=(6, 2)).astype("float32")
    for labels in (np.array([1, 1, 1, -1, -1, -1]), np.full(6, -1)):
        found = values(DomainCentroids(), h, labels)
        np.testing.assert_array_equal(found, np.zeros(6))


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extreme_features_stay_finite(scale):
    h = scale * np.random.default_rng(0).normal(size=(6, 3))
    assert np.all(np.isfinite(values(DomainCentroids(), np.float32(h))))


def test_gradient_agrees_with_finite_differences():
    h = np.random.default_rng(0).normal(size=(6, 3))
    loss = DomainCentroids(dtype="float64")
    assert_gradient(lambda x: values(loss, x, z=Z.astype("float64")), h)


def test_round_trip():
    loss = DomainCentroids(teacher_tap="a", student_tap="b")
    again = DomainCentroids.from_config(loss.get_config())
    assert (again.teacher_taps, again.student_taps) == (("a",), ("b",))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Centres belong to"):
        DomainCentroids().setup(
            {"logits": keras.KerasTensor((None, 4, 4, 2))}, {}
        )
