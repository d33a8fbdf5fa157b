import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import event_stack


def film(*brightness):
    """One pixel whose log(I + 1) takes these values."""
    intensity = np.expm1(np.array(brightness, "float64"))
    return intensity.reshape((1, -1, 1, 1, 1))


def test_one_event_for_each_contrast():
    # 0 to 0.5: two events of 0.2, memory 0.4. To 0.6: a third, memory 0.6.
    # To 0.1: two darker ones.
    stack = event_stack(film(0, 0.5, 0.6, 0.1), contrast=0.2)
    np.testing.assert_array_equal(stack[0, 0, 0], [3, 2])


def test_slow_changes_add_up():
    steps = film(*np.arange(101) * 0.01)
    np.testing.assert_array_equal(
        event_stack(steps, contrast=0.2)[0, 0, 0], [5, 0]
    )


def test_a_bin_holds_its_part_of_the_time():
    # Changes of frames: +1, 0, -2 and 0 contrasts; two bins of two.
    stack = event_stack(film(1.0, 1.2, 1.2, 0.8, 0.8), contrast=0.2, bins=2)
    np.testing.assert_array_equal(stack[0, 0, 0], [1, 0, 0, 2])


def test_a_still_camera_reports_nothing():
    still = np.full((2, 3, 4, 5, 1), 7.0)
    stack = event_stack(still)
    assert stack.shape == (2, 4, 5, 2)
    assert not stack.any()


def test_brighter_events_of_all_channels_come_first():
    films = np.zeros((1, 2, 1, 1, 3))
    films[0, 1, 0, 0] = np.expm1([0.2, 0.0, 0.4])
    stack = event_stack(films, contrast=0.2)
    np.testing.assert_array_equal(stack[0, 0, 0], [1, 0, 2, 0, 0, 0])


@pytest.mark.parametrize(
    ("films", "arguments", "match"),
    [
        (np.ones((1, 1, 2, 2, 1)), {}, "at least two frames"),
        (np.ones((1, 2, 2, 1)), {}, "at least two frames"),
        (-np.ones((1, 2, 2, 2, 1)), {}, "finite and >= 0"),
        (np.full((1, 2, 2, 2, 1), np.nan), {}, "finite and >= 0"),
        (np.ones((1, 2, 2, 2, 1)), {"contrast": 0.0}, "contrast > 0"),
        (np.ones((1, 2, 2, 2, 1)), {"offset": 0.0}, "offset > 0"),
        (np.ones((1, 2, 2, 2, 1)), {"bins": 2}, "to the 1 changes"),
    ],
)
def test_mistakes_are_our_errors(films, arguments, match):
    with pytest.raises(InputError, match=match):
        event_stack(films, **arguments)
