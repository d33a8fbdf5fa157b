import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.losses import GapTargets


def values(loss, t, s, labels):
    return loss({"logits": t}, {"logits": s}, labels=np.array(labels))


def log(*rows):
    return np.log(np.array(rows, "float32"))


def test_weights_are_what_the_student_lacks():
    # The teacher says 0.9 of class 0, the student 0.5: a gap of 0.4 where the
    # label is 0; where it is 1 the student says more than the teacher.
    t, s = log([0.9, 0.1], [0.9, 0.1]), log([0.5, 0.5], [0.5, 0.5])
    kl = 0.9 * np.log(0.9 / 0.5) + 0.1 * np.log(0.1 / 0.5)
    found = values(GapTargets(), t, s, [0, 1])
    np.testing.assert_allclose(found, [0.4 * kl, 0.0], rtol=1e-5)


def test_dense_maps_are_averaged_and_pixels_without_label_count_nothing():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 2, 2, 3, 4)).astype("float32")
    y = random.integers(0, 4, (2, 2, 3))
    y[0, 0] = -1
    p, q = (np.exp(z) / np.exp(z).sum(-1, keepdims=True) for z in (t, s))
    gap = np.take_along_axis(p - q, np.maximum(y, 0)[..., None], -1)[..., 0]
    gap = np.where(y < 0, 0, np.maximum(gap, 0))
    soft = [np.exp(z / 2) for z in (t, s)]
    soft = [e / e.sum(-1, keepdims=True) for e in soft]
    kl = np.sum(soft[0] * np.log(soft[0] / soft[1]), -1)
    expected = 4 * np.mean(gap * kl, axis=(1, 2))
    found = values(GapTargets(temperature=2.0), t, s, y)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_no_gradient_passes_the_weight():
    t, s = log([0.9, 0.1]), tf.constant(log([0.5, 0.5]))
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = values(GapTargets(), t, s, [0])
    # 0.4 (q - p): that of the divergence, times a constant.
    np.testing.assert_allclose(
        tape.gradient(value, s), [[-0.16, 0.16]], rtol=1e-5
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extremes_are_finite(scale):
    random = np.random.default_rng(0)
    t, s = tf.constant(scale * random.normal(size=(2, 3, 4)), "float32")
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = values(GapTargets(), t, s, [0, 1, 2])
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, s)))


def test_round_trip():
    loss = GapTargets(temperature=2.0, weight=3.0)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


def test_needs_labels():
    z = np.zeros((1, 2), "float32")
    with pytest.raises(InputError, match="needs labels"):
        GapTargets()({"logits": z}, {"logits": z})


def test_what_other_soft_targets_have_is_not_ignored():
    with pytest.raises(InputError, match="received .'student_temperature'"):
        GapTargets(student_temperature=2.0)
