import keras
import numpy as np

from tfkd import taps

X = np.ones((1, 4, 4, 1), "float32")


def seen(*layers):
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers])
    name = taps.image(model)
    return np.array(taps.Extractor(model, [name])(X)[name])


def test_is_the_input():
    np.testing.assert_array_equal(seen(keras.layers.Conv2D(2, 3)), X)


def test_is_the_rescaled_input_where_it_is_rescaled_first():
    layers = keras.layers.Rescaling(0.25), keras.layers.Conv2D(2, 3)
    np.testing.assert_array_equal(seen(*layers), X / 4)
