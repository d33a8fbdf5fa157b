import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models import part_critics


def test_every_region_has_a_critic_of_its_own():
    critic = part_critics.regions((None, 5, 4, 2), grid=(2, 2), filters=(3,))
    x = np.random.default_rng(0).normal(size=(1, 5, 4, 2)).astype("float32")
    before = np.asarray(critic(x))
    assert before.shape == (1, 4)
    # Rows 0-1 and 2-4, columns 0-1 and 2-3: this is in the third part.
    x[0, 3, 1] += 1.0
    changed = np.asarray(critic(x)) != before
    np.testing.assert_array_equal(changed, [[False, False, True, False]])
    # A kernel and bias of 3 channels, and one of the score.
    assert critic.count_params() == 4 * (3 * 3 * 2 * 3 + 3 + 3 + 1)
    whole = part_critics.regions((None, 5, 4, 2), grid=(1, 1), filters=(3,))
    assert whole(x).shape == (1, 1)


@pytest.mark.parametrize(
    ("shape", "grid"),
    [((None, 5), (1, 1)), ((None, 5, 4, 2), (6, 1)), ((None, 5, 4, 2), (0, 1))],
)
def test_regions_must_fit_the_map(shape, grid):
    with pytest.raises(InputError, match="critic of regions"):
        part_critics.regions(shape, grid=grid)


def test_a_critic_of_films_sees_changes_and_frames():
    keras.utils.set_random_seed(0)
    shape, film = (None, 3, 4, 4, 2), (None, 3, 4, 4, 1)
    critic = part_critics.films(shape, condition=film, filters=(2,))
    random = np.random.default_rng(0)
    x = [
        random.normal(size=(1, *s[1:])).astype("float32") for s in (shape, film)
    ]
    score = float(critic(x)[0, 0])
    shifted = float(critic([x[0] + 1.0, x[1]])[0, 0])
    np.testing.assert_allclose(shifted, score, rtol=1e-4, atol=1e-5)
    assert abs(float(critic([2 * x[0], x[1]])[0, 0]) - score) > 1e-4
    assert abs(float(critic([x[0], 2 * x[1]])[0, 0]) - score) > 1e-4
    for wrong in ((None, 3, 4, 4), (None, 2, 4, 4, 1), (None, 3, None, 4, 1)):
        with pytest.raises(InputError, match="critic of films"):
            part_critics.films(shape, condition=wrong)
