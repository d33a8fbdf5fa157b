import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import RegionFeatures
from tfkd.losses.region_features import samples

RANDOM = np.random.default_rng(0)
LABELS = np.float32(
    [
        [[0, 0, 4, 8, 1], [2, 3, 7, 8, 2]],
        [[1, 1, 6, 5, 0], [0, 0, 8, 8, -1]],
    ]
)


def features(theirs=(4, 4, 3), own=(2, 2, 2), **arguments):
    loss = RegionFeatures(
        teacher_tap="t", student_tap="s", image_size=(8, 8), **arguments
    )
    loss.setup(
        {"t": keras.KerasTensor((None, *theirs))},
        {"s": keras.KerasTensor((None, *own))},
    )
    return loss


def test_a_sample_is_between_the_cells_around_it():
    # Cells are 2 pixels wide, with centres at 1, 3, 5, 7. The one bin's
    # centre is at row 2 and column 4: halfway between cells 0 and 1, and
    # cells 1 and 2.
    maps = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    found = samples(maps, np.float32([[[0, 0, 4, 8]]]), (8, 8), 1)
    # Mean of 1, 2, 5, 6.
    np.testing.assert_allclose(np.asarray(found).ravel(), [3.5], rtol=1e-6)
    # Two bins: rows at 1 and 3 are cells 0 and 1; columns at 2 and 6.
    found = samples(maps, np.float32([[[0, 0, 4, 8]]]), (8, 8), 2)
    np.testing.assert_allclose(
        np.asarray(found)[0, 0, :, :, 0], [[0.5, 2.5], [4.5, 6.5]], rtol=1e-6
    )


def test_places_beyond_the_border_are_the_border():
    maps = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    box = np.float32([[[-9, -9, -1, -1], [20, 20, 40, 40]]])
    found = samples(maps, box, (8, 8), 1)
    np.testing.assert_allclose(np.asarray(found).ravel(), [0, 15])


def test_is_the_mean_square_over_objects_of_maps_of_two_sizes():
    loss = features(bins=2)
    t = RANDOM.normal(size=(2, 4, 4, 3)).astype("float32")
    s = RANDOM.normal(size=(2, 2, 2, 2)).astype("float32")
    kernel, bias = (np.array(w) for w in loss.regressor.weights)
    a, b = (
        np.asarray(samples(x, LABELS[..., :4], (8, 8), 2))
        for x in (t, s @ kernel + bias)
    )
    each = np.mean((a - b) ** 2, axis=(2, 3, 4))
    # The second object of the second image is padding.
    expected = [each[0].mean(), each[1, 0]]
    found = loss({"t": t}, {"s": s}, labels=LABELS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gradient():
    loss = features(dtype="float64")
    t, s = RANDOM.normal(size=(2, 4, 4, 3)), RANDOM.normal(size=(2, 2, 2, 2))
    assert_gradient(lambda x: loss({"t": t}, {"s": x}, labels=LABELS), s)


def test_boxes_without_size_and_large_features_are_finite():
    loss = features()
    t = np.full((1, 4, 4, 3), 1e8, "float32")
    s = np.full((1, 2, 2, 2), -1e8, "float32")
    labels = np.float32([[[3, 3, 3, 3, 0]]])
    assert np.all(np.isfinite(loss({"t": t}, {"s": s}, labels=labels)))
    found = loss({"t": t}, {"s": s}, labels=0 * labels - 1)
    np.testing.assert_array_equal(found, [0.0])


def test_round_trip():
    loss = features(bins=2)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": 0}, "bins must be"),
        ({"bins": 1.5}, "bins must be"),
        ({"own": (8,)}, "needs maps"),
        ({"theirs": (None, 4, 3)}, "needs maps"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        features(**arguments)
