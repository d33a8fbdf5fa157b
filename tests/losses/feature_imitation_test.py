import keras
import numpy as np
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.losses import FeatureImitation


def imitation(**arguments):
    loss = FeatureImitation(
        teacher_tap="t",
        student_tap="s",
        image_size=(8, 8),
        anchor_sizes=((4, 4),),
        **arguments,
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 2, 2, 3))},
        {"s": keras.KerasTensor((None, 2, 2, 2))},
    )
    return loss


def test_counts_positions_of_the_best_anchor_and_near_ones():
    # Anchors are the four quarters of 8x8. The box (0, 0, 4, 6) covers the
    # first (IoU 16 / 24) and half of the second (IoU 8 / 32 = 0.25).
    labels = np.float32([[[0, 0, 4, 6, 0]]])
    half = imitation(threshold=0.5)  # 0.25 < 0.5 * 2 / 3
    np.testing.assert_array_equal(half.mask(labels)[0], [[1, 0], [0, 0]])
    third = imitation(threshold=0.3)  # 0.25 > 0.3 * 2 / 3
    np.testing.assert_array_equal(third.mask(labels)[0], [[1, 1], [0, 0]])


def test_batches_may_have_any_number_of_objects_or_none():
    loss = imitation()
    mask = tf.function(
        loss.mask, input_signature=[tf.TensorSpec((None, None, 5))]
    )
    labels = np.float32([[[0, 0, 4, 6, 0]]])
    np.testing.assert_array_equal(mask(labels)[0], [[1, 0], [0, 0]])
    np.testing.assert_array_equal(mask(labels[:, :0])[0], np.zeros((2, 2)))


def test_gradient():
    keras.utils.set_random_seed(0)
    loss = imitation(dtype="float64", activation=None)
    random = np.random.default_rng(0)
    teacher = {"t": random.normal(size=(2, 2, 2, 3))}
    labels = np.array([[[0, 0, 4, 6, 0]], [[3, 3, 8, 8, 1]]], "float64")
    assert_gradient(
        lambda s: loss(teacher, {"s": s}, labels=labels),
        random.normal(size=(2, 2, 2, 2)),
    )


def test_is_finite_at_extremes():
    loss = imitation()
    labels = np.float32([[[0, 0, 4, 6, 0]]])
    for scale in (1e-8, 1e4):
        found = loss(
            {"t": np.full((1, 2, 2, 3), scale, "float32")},
            {"s": np.full((1, 2, 2, 2), scale, "float32")},
            labels=labels,
        )
        assert np.all(np.isfinite(found))


def test_round_trip():
    loss = imitation(threshold=0.3, activation=None, weight=2.0)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
