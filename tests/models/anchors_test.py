import numpy as np

from tests.gradients import assert_gradient
from tfkd.models import anchors


def test_centres_lie_in_the_middle_of_cells():
    found = anchors.grid((8, 16), (2, 2), ((4, 4), (2, 6)))
    assert found.shape == (2, 2, 2, 4)
    np.testing.assert_array_equal(found[0, 0, 0], [0, 2, 4, 6])
    np.testing.assert_array_equal(found[1, 1, 1], [5, 9, 7, 15])


def test_overlap_is_the_shared_part_of_the_union():
    first = np.float32([[0, 0, 4, 4], [0, 0, 0, 0]])
    second = np.float32([[0, 0, 4, 4], [2, 2, 6, 6], [4, 4, 8, 8]])
    # 16 / 16; 2 * 2 / (16 + 16 - 4) = 1 / 7; touching boxes share nothing.
    expected = [[1, 1 / 7, 0], [0, 0, 0]]
    np.testing.assert_allclose(anchors.iou(first, second), expected, rtol=1e-6)


def test_the_part_inside_is_a_share_of_the_first():
    first = np.float32([[0, 0, 4, 4], [0, 0, 0, 0]])
    second = np.float32([[0, 0, 8, 8], [2, 2, 6, 6]])
    # All of 16; 2 * 2 / 16.
    found = anchors.inside(first, second)
    np.testing.assert_allclose(found, [[1, 1 / 4], [0, 0]], rtol=1e-6)


def test_encodes_shift_and_size_relative_to_the_anchor():
    # Centre 1 down and 2 right of an anchor of 4 x 8; twice and half as large.
    anchor = np.float32([0, 0, 4, 8])
    box = np.float32([-1, 4, 7, 8])
    found = anchors.encode(box, anchor)
    expected = [1 / 4, 2 / 8, np.log(2), np.log(0.5)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(
        anchors.decode(found, anchor), box, rtol=1e-6, atol=1e-6
    )


def test_decoding_stays_finite():
    found = anchors.decode(
        np.float32([0, 0, 1e4, 1e4]), np.float32([0, 0, 4, 4])
    )
    assert np.all(np.isfinite(found))


def test_gradient_of_overlap():
    second = np.array([[1.0, 1.0, 5.0, 6.0]])
    assert_gradient(
        lambda boxes: anchors.iou(boxes, second), [[0.0, 0.0, 4.0, 4.0]]
    )
