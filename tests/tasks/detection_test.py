import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models import anchors as anchors_lib
from tfkd.tasks import detection

# The four quarters of an image of 8x8 pixels.
ANCHORS = detection.anchors((8, 8), ((4, 4),))


def test_objects_belong_to_anchors():
    # IoU with the quarters: 16 / 24, 8 / 32, 0, 0; padding belongs to none.
    labels = np.float32([[[0, 0, 4, 6, 3], [4, 4, 8, 8, -1]]])
    positive, unsure, box, label = detection.targets(labels, ANCHORS)
    np.testing.assert_array_equal(positive, [[1, 0, 0, 0]])
    np.testing.assert_array_equal(unsure, [[0, 0, 0, 0]])
    np.testing.assert_array_equal(box[0, 0], [0, 0, 4, 6])
    np.testing.assert_array_equal(box[0, 3], ANCHORS[3])
    assert int(label[0, 0]) == 3


def test_the_best_anchor_of_an_object_is_positive_below_one_half():
    # 4 / 16 of the first quarter.
    labels = np.float32([[[0, 0, 2, 2, 1]]])
    positive, _, _, _ = detection.targets(labels, ANCHORS)
    np.testing.assert_array_equal(positive, [[1, 0, 0, 0]])


def test_anchors_between_the_thresholds_do_not_count():
    # IoU with the one object: 1; 16 / 36 = 0.44; 7.2 / 16 = 0.45; 0.25.
    anchors = [[0, 0, 4, 4], [0, 0, 4, 9], [0, 0, 4, 1.8], [0, 0, 4, 1]]
    labels = np.float32([[[0, 0, 4, 4, 1]]])
    positive, unsure, _, _ = detection.targets(labels, np.float32(anchors))
    np.testing.assert_array_equal(positive, [[1, 0, 0, 0]])
    np.testing.assert_array_equal(unsure, [[0, 1, 1, 0]])


def test_regions_of_which_nothing_is_known_are_no_background():
    # The region covers two quarters and 2 of the 4 rows of the others; the
    # object in the first stays one.
    labels = np.float32([[[0, 0, 4, 4, 3], [0, 0, 6, 8, -2]]])
    positive, unsure, _, label = detection.targets(labels, ANCHORS)
    np.testing.assert_array_equal(positive, [[1, 0, 0, 0]])
    np.testing.assert_array_equal(unsure, [[0, 1, 1, 1]])
    assert int(label[0, 0]) == 3


def test_an_image_without_labels_costs_nothing():
    loss = detection.loss()
    labels = detection.unlabelled(2)
    assert labels.shape == (2, 3, 5)
    outputs = np.random.default_rng(0).normal(size=(2, 128, 14))
    assert float(loss(labels, outputs.astype("float32"))) == 0.0


def test_loss_is_focal_and_huber():
    loss = detection.loss((8, 8), ((4, 4),))
    labels = np.float32([[[0, 0, 4, 4, 0]]])
    outputs = np.zeros((1, 4, 4 + 2), "float32")
    outputs[0, 0, :4] = [0.5, 2.0, 0.0, 0.0]
    # All p = 1/2: of 8 numbers one is positive: 0.25 * 0.25 * log 2, seven
    # are not: 0.75 * 0.25 * log 2 each. Huber: 0.5 * 0.25 + 2 - 0.5 = 1.625.
    expected = (0.0625 + 7 * 0.1875) * np.log(2) + 1.625
    np.testing.assert_allclose(loss(labels, outputs), expected, rtol=1e-6)


def test_loss_of_no_object_and_of_extremes_is_finite():
    loss = detection.loss((8, 8), ((4, 4),))
    empty = np.float32([[[0, 0, 0, 0, -1]]])
    for value in (0.0, 1e4, -1e4):
        outputs = np.full((1, 4, 6), value, "float32")
        assert np.isfinite(float(loss(empty, outputs)))


def test_batches_may_have_any_number_of_objects_or_none():
    # As tf.data pads them: the number is not known before.
    loss = detection.loss((8, 8), ((4, 4),))
    outputs = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    compiled = tf.function(
        loss,
        input_signature=[
            tf.TensorSpec((None, None, 5)),
            tf.TensorSpec((None, 4, 6)),
        ],
    )
    labels = np.float32([[[0, 0, 4, 4, 0]], [[0, 0, 0, 0, -1]]])
    np.testing.assert_allclose(
        compiled(labels, outputs), loss(labels, outputs), rtol=1e-6
    )
    padding = np.full((2, 1, 5), -1, "float32")
    np.testing.assert_array_equal(
        compiled(labels[:, :0], outputs), compiled(padding, outputs)
    )


def test_gradient_of_loss():
    loss = detection.DetectionLoss(
        (8, 8), ((4, 4),), dtype="float64", reduction="none"
    )
    labels = np.array([[[0, 0, 4, 5, 1]]], "float64")
    outputs = np.random.default_rng(0).normal(0, 0.3, (1, 4, 6))
    assert_gradient(lambda x: loss(labels, x), outputs)


def test_round_trip():
    loss = detection.loss((8, 8), ((4, 4),))
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


def test_right_outputs_are_decoded_to_the_boxes():
    _, labels = detection.data(8)
    outputs = np.zeros((8, 128, 14), "float32")
    anchors = detection.anchors()
    positive, _, box, label = detection.targets(labels, anchors)
    outputs[..., :4] = anchors_lib.encode(box, anchors)
    outputs[..., 4:] = -5.0
    for image, anchor in np.argwhere(np.array(positive) > 0):
        outputs[image, anchor, 4 + int(label[image, anchor])] = 5.0
    found = detection.detections(outputs)
    assert detection.average_precision(labels, found) == 1.0
    for truth, rows in zip(labels, found):
        assert np.sum(rows[:, 5] > 0.5) == np.sum(truth[:, 4] >= 0)


def test_average_precision_counts_each_object_once():
    labels = np.float32([[[0, 0, 4, 4, 0], [4, 4, 8, 8, 0]]])
    rows = np.float32(
        [
            [0, 0, 4, 4, 0, 0.9],  # a hit: precision 1 at recall 1/2
            [0, 0, 4, 4, 0, 0.8],  # the same object again
            [4, 4, 8, 8, 0, 0.7],  # a hit: precision 2/3 at recall 1
        ]
    )
    found = detection.average_precision(labels, [rows])
    np.testing.assert_allclose(found, (1 + 2 / 3) / 2, rtol=1e-6)
    assert detection.average_precision(labels, [rows[:0]]) == 0.0
    assert detection.average_precision(labels[:, :0], [rows]) == 0.0


def test_the_model_has_the_taps():
    model = detection.model()
    assert model.output_shape == (None, 128, 14)
    assert model.get_layer("fpn").output.shape == (None, 8, 8, 32)


def test_rejects_another_number_of_stages():
    with pytest.raises(InputError, match="has 3 stages"):
        detection.model(filters=(2, 3))
