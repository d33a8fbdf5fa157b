import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import ReversedPair

# One row of two pixels, of two images of one channel.
PAIR = np.array([[[[1.0, 5.0], [2.0, 6.0]]]], "float32")


def test_images_change_places():
    found = ReversedPair()(PAIR)
    np.testing.assert_array_equal(found, [[[[5.0, 1.0], [6.0, 2.0]]]])


def test_a_mirrored_pair_is_that_of_the_other_eye():
    found = ReversedPair(mirror=True)(PAIR)
    np.testing.assert_array_equal(found, [[[[6.0, 2.0], [5.0, 1.0]]]])
    again = ReversedPair(mirror=True)(found)
    np.testing.assert_array_equal(again, PAIR)


def test_config_round_trip():
    layer = ReversedPair(mirror=True)
    assert ReversedPair.from_config(layer.get_config()).mirror


def test_rejects_what_is_no_pair():
    with pytest.raises(InputError, match="two images"):
        ReversedPair()(np.zeros((1, 2, 2, 3), "float32"))
