import numpy as np
import pytest

from tfkd import tasks
from tfkd.errors import InputError
from tfkd.tasks import clips


def places(clip):
    """The middle of the ink of each frame: column and row."""
    ink = clip[..., 0]
    total = ink.sum(axis=(1, 2))
    rows, columns = np.mgrid[: clips.SIZE, : clips.SIZE]
    return np.stack(
        [(ink * axis).sum(axis=(1, 2)) / total for axis in (columns, rows)],
        axis=-1,
    )


def test_the_label_is_where_the_digit_moves():
    x, y = clips.data(40, noise=0, seed=1)
    moving = 0
    for clip, label in zip(x, y):
        steps = np.diff(places(clip), axis=0)
        # It rests for at most 2 of 6 frames, and then moves by a pixel.
        np.testing.assert_allclose(
            steps[2:], [clips.DIRECTIONS[label]] * 3, atol=1e-4
        )
        moving += np.any(steps[0] != 0)
    assert 0 < moving < 40


def test_clips_of_one_seed_differ_in_their_ground_alone():
    rough, first = clips.data(5, seed=2)
    clean, again = clips.data(5, seed=2, noise=0)
    np.testing.assert_array_equal(first, again)
    ink = clean > 4
    np.testing.assert_array_equal(rough[ink], clean[ink])
    assert rough.max() <= 16
    other, _ = clips.data(5, seed=2, split="test")
    assert not np.array_equal(rough, other)


def test_a_caption_names_the_digit_and_the_direction():
    words = clips.data(6, label="caption")[1]
    np.testing.assert_array_equal(words[:, 0], clips.data(6, label="digit")[1])
    np.testing.assert_array_equal(words[:, 1] - 10, clips.data(6)[1])
    repeated = clips.data(6, every_frame=True)[1]
    np.testing.assert_array_equal(repeated, words[:, 1:] - 10 + [[0] * 6])


@pytest.mark.parametrize(
    ("answers", "shape"),
    [("clip", (8,)), ("frame", (6, 8)), ("caption", (2, 8))],
)
def test_the_model_answers_once_at_every_frame_or_in_words(answers, shape):
    model = clips.model(answers=answers, filters=(2, 2), units=3)
    assert model.output_shape == (None, *shape)


def test_states_see_what_came_before_and_both_ways_what_comes():
    x = clips.data(1)[0]
    later = x.copy()
    later[:, -1] = 0
    for both_ways in (False, True):
        model = clips.model(answers="frame", both_ways=both_ways, units=3)
        first, second = (np.array(model(array))[:, 0] for array in (x, later))
        assert np.array_equal(first, second) is not both_ways


def test_it_is_found_by_name():
    assert tasks.get("clips") is clips


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="label of clips"):
        clips.data(1, label="speed")
    with pytest.raises(InputError, match="3 to 9 frames"):
        clips.data(1, frames=2)
    with pytest.raises(InputError, match="split of the digits"):
        clips.data(1, split="dev")
    with pytest.raises(InputError, match="kind of answers"):
        clips.model(answers="word")
