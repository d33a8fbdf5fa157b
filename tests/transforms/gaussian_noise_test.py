import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import GaussianNoise


def test_noise_has_the_deviation_asked_for():
    x = np.full((100, 100), 3.0, "float32")
    noise = np.asarray(GaussianNoise(0.5)(x, training=True)) - x
    # Of 10,000 draws: the mean is within 4 * 0.5 / 100 of 0, the deviation
    # within 4 * 0.5 / sqrt(2 * 10,000) of 0.5.
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 0.5) < 0.0142


def test_calls_differ_and_seeds_repeat():
    x = np.zeros((2, 3), "float32")
    first, second = GaussianNoise(1.0, seed=1), GaussianNoise(1.0, seed=1)
    one, two = first(x), first(x)
    assert not np.array_equal(one, two)
    np.testing.assert_array_equal(one, second(x))
    assert not np.array_equal(two, GaussianNoise(1.0, seed=2)(x))


def test_there_is_none_outside_of_training():
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(GaussianNoise(1.0)(x, training=False), x)
    np.testing.assert_array_equal(GaussianNoise(0.0)(x, training=True), x)


def test_bytes_become_float32():
    assert GaussianNoise(1.0)(np.ones((1, 2), "uint8")).dtype == "float32"


@keras.saving.register_keras_serializable("tfkd_tests")
class Noisy(keras.Model):
    def __init__(self):
        super().__init__()
        self.view = GaussianNoise(1.0, seed=3)
        self.built = True

    def call(self, x):
        return self.view(x, training=True)


def test_noise_goes_on_where_it_was_saved(tmp_path):
    x = np.zeros((2, 3), "float32")
    model, resumed = Noisy(), Noisy()
    model(x)
    model.save_weights(tmp_path / "noisy.weights.h5")
    resumed.load_weights(tmp_path / "noisy.weights.h5")
    np.testing.assert_array_equal(model(x), resumed(x))


def test_config_round_trip():
    layer = GaussianNoise(0.3, seed=4)
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize("stddev", [-0.1, float("nan"), float("inf")])
def test_an_impossible_deviation_is_our_error(stddev):
    with pytest.raises(InputError, match="finite number >= 0"):
        GaussianNoise(stddev)
