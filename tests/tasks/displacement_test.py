import numpy as np
import pytest

from tfkd import tasks
from tfkd.errors import InputError
from tfkd.tasks import displacement
from tfkd.transforms.warp import warp


@pytest.mark.parametrize("stereo", [False, True])
def test_the_label_explains_the_first_image_by_the_second(stereo):
    pairs, labels = displacement.data(6, stereo=stereo, seed=1)
    first, second = pairs[..., :1], pairs[..., 1:]
    moved = np.any(labels != 0, axis=-1, keepdims=True)
    found = np.asarray(warp(second, labels))
    np.testing.assert_array_equal(found[moved], first[moved])
    # Elsewhere the ground is the same, where no digit came before it.
    assert np.mean(found[~moved] == first[~moved]) > 0.8
    assert moved.any()


def test_what_is_large_is_near():
    _, labels = displacement.data(20, stereo=True)
    ink = (labels > 0).sum((1, 2, 3))
    near = labels.max((1, 2, 3))
    assert set(near) == {1.0, 2.0}
    assert ink[near == 2].mean() > 2 * ink[near == 1].mean()


def test_a_video_is_explained_from_each_image_to_the_others():
    images, found = displacement.video(6, seed=1)
    left, right, later, _ = np.split(images, 4, axis=-1)
    ink = found["disparity"][..., 0] > 0
    for other, moved in ((right, "disparity"), (later, "flow")):
        explained = np.asarray(warp(other, found[moved]))
        np.testing.assert_array_equal(explained[ink], left[ink])
    # A moment later the right eye sees it where both lead together.
    both = found["flow"] + np.concatenate(
        [-found["next_disparity"], np.zeros_like(left)], axis=-1
    )
    explained = np.asarray(warp(images[..., 3:], both))
    np.testing.assert_array_equal(explained[ink], left[ink])
    with pytest.raises(InputError, match="at least 24"):
        displacement.video(1, size=20)


def test_pairs_repeat_and_splits_differ():
    first, again = (displacement.data(3, seed=2)[0] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other, _ = displacement.data(3, seed=2, split="test")
    assert not np.array_equal(first, other)
    assert (first.min(), first.max()) >= (0, 0)
    assert first.max() <= 16


def test_the_model_answers_every_pixel_of_images_of_any_size():
    model = displacement.model(input_shape=(None, None, 2), channels=1)
    for size in (16, 24):
        x = np.zeros((1, size, size, 2), "float32")
        assert model.predict(x, verbose=0).shape == (1, size, size, 1)
    assert displacement.model().output_shape == (None, 24, 24, 2)


def test_end_point_error_is_a_distance():
    truth = np.zeros((1, 1, 2, 2))
    found = np.array([3.0, 4, 0, 0]).reshape(1, 1, 2, 2)
    assert displacement.end_point_error(truth, found) == 2.5


def test_it_is_found_by_name():
    assert tasks.get("displacement") is displacement


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least 20"):
        displacement.data(1, size=16)
    with pytest.raises(InputError, match="split of the digits"):
        displacement.data(1, split="dev")
