import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models import pose_kernels

RANDOM = np.random.default_rng(0)


def network(frames=3, **arguments):
    return pose_kernels.build(
        input_shape=(frames, 8, 8, 1),
        maps=2,
        filters=3,
        start_filters=2,
        **arguments,
    )


def test_kernels_are_convolved_with_the_example_they_are_of():
    f = RANDOM.normal(size=(2, 4, 5, 2))
    k = RANDOM.normal(size=(2, 3, 3, 2, 1))
    layer = pose_kernels.MatchKernels()
    found = layer([f.astype("float32"), k.astype("float32")])
    padded = np.pad(f, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = np.zeros((2, 4, 5, 1))
    for b, i, j in np.ndindex(2, 4, 5):
        window = padded[b, i : i + 3, j : j + 3]
        # 18 summands.
        expected[b, i, j, 0] = np.sum(window * k[b, ..., 0]) / 18
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    layer.bias.assign([2.0])
    found = layer([f.astype("float32"), k.astype("float32")])
    np.testing.assert_allclose(found, expected + 2, rtol=1e-5)


def test_a_frame_is_seen_with_what_came_before_alone():
    keras.utils.set_random_seed(0)
    model = network()
    film = RANDOM.uniform(0, 16, (1, 3, 8, 8, 1)).astype("float32")
    before = np.asarray(model(film))
    assert before.shape == (1, 3, 8, 8, 2)
    for frame in range(3):
        changed = film.copy()
        changed[:, frame] = 16 - changed[:, frame]
        after = np.asarray(model(changed))
        moved = [not np.allclose(before[:, t], after[:, t]) for t in range(3)]
        assert moved == [t >= frame for t in range(3)]


def test_longer_films_need_no_more_weights():
    assert network(5).count_params() == network(2).count_params()


def test_saves_and_loads(tmp_path):
    model = network()
    film = RANDOM.uniform(0, 16, (2, 3, 8, 8, 1)).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(film), model(film))


@pytest.mark.parametrize("wrong", [{"frames": 1}, {"kernel_size": 4}])
def test_rejects_what_does_not_fit(wrong):
    with pytest.raises(InputError, match="from one frame to the next"):
        network(**wrong)
