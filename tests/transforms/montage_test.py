import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import Montage

# Every pixel is a number of its own; images of 4x4 with two channels.
X = np.arange(3 * 4 * 4 * 2, dtype="float32").reshape(3, 4, 4, 2)


def patches(x):
    """The patches of 2x2 of a batch, each as a tuple of its numbers."""
    return {
        tuple(x[n, i : i + 2, j : j + 2].ravel())
        for n in range(len(x))
        for i in (0, 2)
        for j in (0, 2)
    }


def test_deals_out_every_patch_of_the_batch_once():
    montage = Montage(2, seed=1)
    first, second = (np.asarray(montage(X, training=True)) for _ in range(2))
    for found in (first, second):
        assert patches(found) == patches(X)
        assert not np.array_equal(found, X)
    assert not np.array_equal(first, second)
    again = Montage(2, seed=1)
    np.testing.assert_array_equal(again(X, training=True), first)


def test_changes_nothing_outside_training():
    np.testing.assert_array_equal(Montage()(X), X)


def test_round_trip():
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(Montage(4, seed=2))
    )
    assert (copy.rows, copy.seed) == (4, 2)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="whole number >= 2"):
        Montage(1)
    for shape in ((None, 5, 4, 1), (None, None, 4, 1), (None, 4)):
        with pytest.raises(InputError, match="needs images"):
            Montage(2).build(shape)
