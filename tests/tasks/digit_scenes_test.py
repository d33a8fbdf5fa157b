import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import digit_scenes


def test_the_same_seed_makes_the_same_scenes():
    first, second, other = (
        digit_scenes.scenes(3, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.boxes, second.boxes)
    assert not np.array_equal(first.images, other.images)


def test_masks_and_boxes_say_the_same():
    found = digit_scenes.scenes(20, objects=4)
    for image, mask, boxes in zip(found.images, found.masks, found.boxes):
        covered = np.zeros_like(mask, bool)
        for top, left, bottom, right, digit in boxes.astype(int):
            if digit < 0:
                continue
            where = slice(top, bottom), slice(left, right)
            assert set(np.unique(mask[where])) <= {-1, 0, digit + 1}
            # Ink reaches every edge of the box.
            ink = image[..., 0][where] > 0
            edges = (ink[0], ink[-1], ink[:, 0], ink[:, -1])
            assert all(edge.any() for edge in edges)
            covered[where] = True
        assert not image[~covered].any()
        assert not mask[~covered].any()
        np.testing.assert_array_equal(
            mask > 0, image[..., 0] >= digit_scenes.INK
        )


def test_shapes_follow_the_arguments():
    found = digit_scenes.scenes(2, size=64, objects=5)
    assert found.images.shape == (2, 64, 64, 1)
    assert found.masks.shape == (2, 64, 64)
    assert found.boxes.shape == (2, 5, 5)


@pytest.mark.parametrize("wrong", [{"size": 40}, {"objects": 5}])
def test_rejects_what_does_not_fit(wrong):
    with pytest.raises(InputError, match="multiple of 16"):
        digit_scenes.scenes(1, **wrong)


def test_rejects_other_splits():
    with pytest.raises(InputError, match="split of the digits"):
        digit_scenes.scenes(1, split="tests")
