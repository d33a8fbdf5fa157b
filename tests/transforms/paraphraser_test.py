import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import Paraphraser


def test_factor_has_a_share_of_the_channels():
    x = np.ones((2, 4, 4, 6), "float32")
    layer = Paraphraser(0.5)
    assert layer(x).shape == (2, 4, 4, 3)
    assert layer.reconstruct(x).shape == x.shape
    assert Paraphraser(0.01)(x).shape == (2, 4, 4, 1)


def test_can_reconstruct_a_map_it_has_room_for():
    # Kernels that only pass the centre on: the autoencoder is the identity.
    x = np.random.default_rng(0).uniform(size=(1, 3, 3, 2)).astype("float32")
    layer = Paraphraser(1.0)
    layer(x)
    centre = np.zeros((3, 3, 2, 2), "float32")
    centre[1, 1] = np.eye(2)
    for part in (layer.encoder, layer.decoder):
        for kernel in part.kernels:
            kernel.assign(centre)
    np.testing.assert_allclose(layer.reconstruct(x), x, rtol=1e-6)


def test_every_weight_is_trainable():
    layer = Paraphraser()
    layer(np.ones((1, 2, 2, 4), "float32"))
    assert len(layer.trainable_weights) == 12


def test_config_round_trip():
    layer = Paraphraser(0.75)
    assert Paraphraser.from_config(layer.get_config()).rate == 0.75


def test_rejects_a_rate_of_zero():
    with pytest.raises(InputError, match="rate must be > 0"):
        Paraphraser(0.0)


def test_rejects_vectors():
    with pytest.raises(InputError, match="A paraphraser needs a tap"):
        Paraphraser()(np.ones((1, 2), "float32"))
