import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import digit_poses


def test_the_same_seed_makes_the_same_poses():
    first, second, other = (
        digit_poses.poses(3, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.points, second.points)
    assert not np.array_equal(first.images, other.images)


def test_shapes_and_ranges():
    found = digit_poses.poses(4)
    assert found.images.shape == (4, 16, 16, 1)
    assert found.points.shape == (4, 5, 3)
    assert found.images.min() >= 0
    assert 4 < found.images.max() <= 16
    film = digit_poses.poses(2, frames=3, size=20)
    assert film.images.shape == (2, 3, 20, 20, 1)
    assert film.points.shape == (2, 3, 5, 3)


def test_ink_is_where_the_ends_of_strokes_are():
    found = digit_poses.poses(100)
    places = np.clip(np.rint(found.points[..., :2]).astype(int), 1, 14)
    darkness = []
    for image, ends in zip(found.images[..., 0], places[:, 1:]):
        darkness += [image[r - 1 : r + 2, c - 1 : c + 2].max() for r, c in ends]
    # An end lies between pixels where several pixels are the outermost.
    assert np.mean(np.array(darkness) > 3) > 0.95


def test_a_pose_turns_tilts_and_moves():
    places = np.array([[1.0, 0.0], [0.0, 1.0]])
    quarter = np.pi / 2
    # Turned by 90 degrees, rows become columns, and columns rows upwards;
    # 7.5 is the middle, and 1.25 pixels are one of the digit's.
    turned = digit_poses._posed(places, (quarter, 0.0, 0.0, 2.0), 16)
    np.testing.assert_allclose(
        turned, [[7.5, 9.5 + 1.25, 0], [7.5 - 1.25, 9.5, 0]], atol=1e-12
    )
    # Tilted by 60 degrees, half of a column is left, the rest is depth.
    tilted = digit_poses._posed(places, (0.0, np.pi / 3, 0.0, 0.0), 16)
    depth = 1.25 * np.sqrt(3) / 2
    np.testing.assert_allclose(
        tilted, [[8.75, 7.5, 0], [7.5, 7.5 + 0.625, depth]], atol=1e-12
    )


def test_films_move_at_a_constant_rate():
    film = digit_poses.poses(5, frames=5).points
    # The digit's own middle is not marked, but moves are small turns: the
    # first half of a film goes about as far as the second.
    halves = [
        np.linalg.norm(film[:, end, 0, :2] - film[:, start, 0, :2], axis=-1)
        for start, end in ((0, 2), (2, 4))
    ]
    np.testing.assert_allclose(halves[0], halves[1], atol=0.5)
    assert np.max(halves) > 0.3


def test_no_digit_is_in_both_splits():
    train, test = (digit_poses.poses(20, split=s) for s in ("train", "test"))
    assert not np.array_equal(train.images, test.images)


@pytest.mark.parametrize("wrong", [{"size": 8}, {"frames": 1}])
def test_rejects_what_does_not_fit(wrong):
    with pytest.raises(InputError, match="at least 16"):
        digit_poses.poses(1, **wrong)


def test_rejects_other_splits():
    with pytest.raises(InputError, match="split of the digits"):
        digit_poses.poses(1, split="tests")
