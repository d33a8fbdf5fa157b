import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models import anchors
from tfkd.tasks import corners

# Four cells of 4x4 pixels; an object's centre is in the last, at (5, 6).
LABELS = np.float32([[[5, 6, 1, 2, 1, 7, 7, 7, 7, 2, 1], [0] * 10 + [-1]]])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_points_are_those_of_a_turned_square():
    images, labels = corners.data(6, seed=1)
    assert images.shape == (6, 24, 24, 1)
    assert labels.shape == (6, 1, 11)
    for image, row in zip(images[..., 0], labels[:, 0]):
        middle, *square = row[:10].reshape(5, 2)
        np.testing.assert_allclose(np.mean(square, axis=0), middle, rtol=1e-4)
        sides = np.linalg.norm(np.diff([*square, square[0]], axis=0), axis=1)
        np.testing.assert_allclose(sides, sides[0], rtol=1e-4)
        assert 8 <= sides[0] <= 12.01
        # No ink lies farther from the middle than a corner, and a pixel.
        places = np.argwhere(image > 0.5) + 0.5
        far = np.linalg.norm(places - middle, axis=1).max()
        assert far <= sides[0] / np.sqrt(2) + 1.0
        # The ink's middle is near the square's.
        ink = np.average(places, axis=0)
        assert np.linalg.norm(ink - middle) < 0.2 * sides[0]


def test_the_same_seed_makes_the_same_images():
    first, second = (corners.data(3, seed=2) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    other, _ = corners.data(3, seed=2, split="test")
    assert np.abs(first[0] - other).max() > 1


def test_cells_are_four_pixels_apart():
    found = corners.centres((8, 8))
    np.testing.assert_array_equal(found, [[2, 2], [2, 6], [6, 2], [6, 6]])
    boxes = anchors.grid((8, 8), (2, 2), ((4, 4),)).reshape(-1, 4)
    np.testing.assert_array_equal(boxes[:, 2:] - 2, found)


def test_loss_is_focal_and_huber_of_the_points():
    outputs = np.random.default_rng(0).normal(size=(1, 4, 12))
    p = sigmoid(outputs[0, :, 10:])
    y = np.array([[0, 0], [0, 0], [0, 0], [0, 1]])
    focal = np.where(
        y, -0.25 * (1 - p) ** 2 * np.log(p), -0.75 * p**2 * np.log(1 - p)
    )
    # Points less the cell's centre (6, 6), over 16.
    truth = (LABELS[0, 0, :10] - 6) / 16
    gap = np.abs(outputs[0, 3, :10] - truth)
    huber = np.where(gap > 1, gap - 0.5, gap**2 / 2)
    loss = corners.loss((8, 8))
    found = loss(LABELS, outputs.astype("float32"))
    np.testing.assert_allclose(found, focal.sum() + huber.sum(), rtol=1e-5)


def test_a_centre_on_a_border_belongs_to_one_cell():
    on_border = np.float32([[[4, 4] + [4, 4] * 4 + [0]]])
    outputs = np.zeros((1, 4, 12), "float32")
    outputs[..., 10:] = -30
    loss = corners.loss((8, 8))
    # The first cell: focal of p = 0, 0.25 * 30; ten gaps of 2 / 16.
    expected = 7.5 + 10 * (2 / 16) ** 2 / 2
    np.testing.assert_allclose(loss(on_border, outputs), expected, rtol=1e-5)


def test_batches_may_have_any_number_of_objects():
    outputs = np.random.default_rng(0).normal(size=(1, 4, 12))
    loss = corners.loss((8, 8))
    compiled = tf.function(
        loss,
        input_signature=[
            tf.TensorSpec((None, None, 11)),
            tf.TensorSpec((None, 4, 12)),
        ],
    )
    found = compiled(LABELS, outputs.astype("float32"))
    expected = loss(LABELS, outputs.astype("float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_gradient():
    outputs = np.random.default_rng(0).normal(size=(1, 4, 12))
    loss = corners.CornersLoss((8, 8), dtype="float64")
    assert_gradient(lambda x: loss.call(LABELS, x), outputs)


def test_success_needs_class_and_points():
    labels = np.repeat(LABELS[:, :1], 4, axis=0)
    outputs = np.full((4, 4, 12), -9.0, "float32")
    outputs[:, 3, :10] = (labels[0, 0, :10] - 6) / 16
    outputs[:, 3, 11] = 3.0
    outputs[1, 3, 10] = 4.0  # Another class.
    outputs[2, 3, :10] += 3 / 16  # sqrt(18) pixels away.
    outputs[3, 3, :10] += 1 / 16  # sqrt(2) pixels.
    found = corners.success(labels, outputs, image_size=(8, 8))
    assert found == 0.5
    found = corners.success(labels, outputs, distance=5.0, image_size=(8, 8))
    assert found == 0.75


def test_the_model_has_an_answer_a_cell():
    model = corners.model(filters=(2, 3, 4), neck=3)
    images, labels = corners.data(2)
    outputs = model.predict(images, verbose=0)
    assert outputs.shape == (2, 36, 20)
    assert np.isfinite(float(corners.loss()(labels, outputs)))
    assert corners.metrics() == []
    assert corners.success(labels, outputs) == pytest.approx(0.0)


def test_an_unknown_split_is_our_error():
    with pytest.raises(InputError, match="split of the digits"):
        corners.data(1, split="tset")
