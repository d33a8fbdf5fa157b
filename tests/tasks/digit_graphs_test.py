import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import digit_graphs


def test_nearest_links_both_ways_and_with_itself():
    # On a line at 0, 1, 3, 10: 0-1, 3->1, 10->3.
    x = np.float32([[0], [1], [3], [10]])
    expected = [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]
    np.testing.assert_array_equal(digit_graphs.nearest(x, 1), expected)


def test_equal_rows_are_linked_with_themselves_too():
    found = digit_graphs.nearest(np.zeros((4, 2), "float32"), 1)
    np.testing.assert_array_equal(np.diag(found), 1)


def test_neighbourhoods_are_of_their_classes():
    found = digit_graphs.neighborhoods(3, nodes=12, classes=(7, 1, 4))
    assert found.features.shape == (3, 12, 64)
    assert found.adjacency.shape == (3, 12, 12)
    assert set(np.unique(found.labels)) == {0, 1, 2}
    # The label is the index: all sevens are class 0.
    sevens = digit_graphs.neighborhoods(3, nodes=12, classes=(7,)).features
    ones = digit_graphs.neighborhoods(3, nodes=12, classes=(1,)).features
    near = [
        np.min(np.sum((found.features[found.labels == 0][:, None] - x) ** 2, 2))
        for x in (sevens.reshape(-1, 64), ones.reshape(-1, 64))
    ]
    assert near[0] < near[1]
    # More edges within a class than between classes.
    same = found.labels[:, :, None] == found.labels[:, None]
    edges = found.adjacency > 0
    assert edges[same].mean() > 2 * edges[~same].mean()


def test_splits_share_no_digit():
    train, test = (
        digit_graphs.neighborhoods(60, split=split).features.reshape(-1, 64)
        for split in ("train", "test")
    )
    assert not {x.tobytes() for x in train} & {x.tobytes() for x in test}


def test_an_episode_has_its_known_nodes_first():
    found = digit_graphs.episodes(4, ways=2, shots=3, nodes=10, neighbors=2)
    assert found.features.shape == (4, 10, 64)
    np.testing.assert_array_equal(found.labels[:, :6], [[0, 0, 0, 1, 1, 1]] * 4)
    assert set(np.unique(found.labels)) == {0, 1}


def test_classes_of_an_episode_are_digits_in_any_order():
    # Of one image each: two digits only, and both orders occur.
    found = digit_graphs.episodes(
        20, ways=2, shots=1, nodes=3, neighbors=1, classes=(0, 1)
    )
    # The middle of a zero is bright, that of a one dark.
    middle = found.features[:, :2].reshape(20, 2, 8, 8)[..., 3:5, 3:5]
    zero_first = middle.mean((2, 3))[:, 0] < middle.mean((2, 3))[:, 1]
    assert 0 < zero_first.sum() < 20


def test_pixels_that_touch_are_linked():
    found = digit_graphs.pixel_graphs(5)
    assert found.features.shape == (5, 64, 3)
    assert found.labels.shape == (5,)
    for features, adjacency in zip(found.features, found.adjacency):
        dark = features[:, 2] >= digit_graphs.INK / 16
        np.testing.assert_array_equal(np.diag(adjacency), dark)
        assert not adjacency[~dark].any()
        assert not features[~dark].any()
        first, second = np.nonzero(adjacency)
        steps = np.abs(features[first, :2] - features[second, :2]) * 7
        assert steps.max() < 1.001
        np.testing.assert_array_equal(adjacency, adjacency.T)


def test_the_same_seed_makes_the_same_graphs():
    for make in (
        digit_graphs.neighborhoods,
        digit_graphs.episodes,
        digit_graphs.pixel_graphs,
    ):
        first, second, other = (make(3, seed=seed) for seed in (0, 0, 1))
        np.testing.assert_array_equal(first.features, second.features)
        assert not np.array_equal(first.features, other.features)


def test_rejects_what_does_not_fit():
    with pytest.raises(InputError, match="1 <= neighbors < nodes"):
        digit_graphs.neighborhoods(1, nodes=4, neighbors=4)
    with pytest.raises(InputError, match="1 < ways <= the digits"):
        digit_graphs.episodes(1, ways=3, classes=(1, 2))
    with pytest.raises(InputError, match="shots < nodes"):
        digit_graphs.episodes(1, ways=3, shots=8, nodes=24)
    with pytest.raises(InputError, match="split 'test' has 450 digits"):
        digit_graphs.pixel_graphs(451, split="test")
    with pytest.raises(InputError, match="split of the digits"):
        digit_graphs.neighborhoods(1, split="tests")
