import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import MapCritic


def test_scores_positions_of_maps_beside_images():
    critic = MapCritic((3, 4))
    maps = np.ones((2, 8, 8, 5), "float32")
    image = np.ones((2, 16, 16, 1), "float32")
    assert critic([maps, image]).shape == (2, 4)
    assert critic.kernels[0].shape == (4, 4, 6, 3)


def test_the_image_counts():
    keras.utils.set_random_seed(0)
    critic = MapCritic((3, 4))
    maps = np.ones((1, 8, 8, 5), "float32")
    found = [
        np.array(critic([maps, np.full((1, 8, 8, 1), value, "float32")]))
        for value in (0.0, 1.0)
    ]
    assert np.max(np.abs(found[0] - found[1])) > 1e-3


def test_attention_spreads_over_all_positions():
    keras.utils.set_random_seed(0)
    critic = MapCritic((3, 4))
    x = np.random.default_rng(0).normal(size=(1, 16, 16, 2)).astype("float32")
    changed = x.copy()
    changed[:, :2, :2] += 1.0
    # Without attention the last of 4x4 scores does not see that corner.
    assert critic(x)[0, -1] == critic(changed)[0, -1]
    critic.gain.assign(1.0)
    assert critic(x)[0, -1] != critic(changed)[0, -1]


def test_round_trip():
    critic = MapCritic((3, 4))
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(critic)
    )
    assert copy.get_config() == critic.get_config()


def test_rejects_vectors():
    with pytest.raises(InputError, match="needs maps"):
        MapCritic()(np.ones((2, 3), "float32"))
