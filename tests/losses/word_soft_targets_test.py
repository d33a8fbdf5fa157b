import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import WordSoftTargets

# Words 0, 1, 2 at distances 0, 5, 1 from word 0.
VECTORS = np.array([[1.0, 1.0], [4.0, 5.0], [1.0, 2.0]])


def loss(**arguments):
    part = WordSoftTargets(
        **{"teacher_tap": "e", "student_tap": "z", "dtype": "float64"}
        | arguments
    )
    part.setup(
        {"e": keras.KerasTensor((3, 2))}, {"z": keras.KerasTensor((None, 3))}
    )
    return part


def values(part, z, labels, vectors=VECTORS):
    return np.asarray(part({"e": vectors}, {"z": z}, labels=np.array(labels)))


def kl(q, z):
    p = np.exp(z) / np.exp(z).sum()
    return np.sum(q * np.log(q / p))


def test_targets_fall_with_the_distance():
    z = np.array([[0.5, 0.0, -1.0]])
    q = np.exp([0.0, -5.0, -1.0])
    q /= q.sum()
    found = values(loss(), z, [0])
    np.testing.assert_allclose(found, [kl(q, z[0])], rtol=1e-6)
    # T = 2: distances 0, 5/2, 1/2.
    q = np.exp([0.0, -2.5, -0.5])
    q /= q.sum()
    found = values(loss(temperature=2.0), z, [0])
    np.testing.assert_allclose(found, [kl(q, z[0])], rtol=1e-6)


def test_positions_without_a_word_count_nothing():
    z = np.random.default_rng(0).normal(size=(2, 3, 3))
    found = values(loss(), z, [[0, 2, -1], [-1, -1, -1]])
    first = values(loss(), z[0, :2], [0, 2])
    np.testing.assert_allclose(found, [first.mean(), 0.0], rtol=1e-6)


def test_equal_vectors_are_equal_targets():
    # All at distance 0: q is uniform, as the student is.
    found = values(loss(), np.zeros((1, 3)), [1], np.ones((3, 2)))
    np.testing.assert_allclose(found, [0.0], atol=1e-12)


def test_gradient():
    z = np.random.default_rng(0).normal(size=(2, 2, 3))
    labels = np.array([[0, 1], [2, -1]])
    part = loss()
    assert_gradient(lambda s: part({"e": VECTORS}, {"z": s}, labels=labels), z)


@pytest.mark.parametrize("scale", [1e-8, 1e4])
def test_is_finite_at_extremes(scale):
    part = loss(dtype="float32")
    z = tf.constant(np.float32([[scale, 0, -scale]]))
    with tf.GradientTape() as tape:
        tape.watch(z)
        found = part(
            {"e": np.float32(VECTORS * scale)}, {"z": z}, labels=np.array([1])
        )
    assert np.isfinite(found)
    assert np.all(np.isfinite(tape.gradient(found, z)))


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="Every word that is scored"):
        loss().setup(
            {"e": keras.KerasTensor((4, 2))},
            {"z": keras.KerasTensor((None, 3))},
        )
    with pytest.raises(InputError, match="temperature"):
        loss(temperature=0.0)
    with pytest.raises(InputError, match="the batch has no labels"):
        loss()({"e": VECTORS}, {"z": np.zeros((1, 3))})


def test_round_trip():
    part = loss(temperature=2.0, name="w")
    copy = WordSoftTargets.from_config(part.get_config())
    assert copy.get_config() == part.get_config()
