import keras
import numpy as np

from tfkd.export import reference


def test_probabilities_are_the_softmax_of_logits():
    inputs = keras.Input((1, 1, 2))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    images = np.array([[0.0, np.log(3.0)], [800.0, 0.0]], np.float32)
    # e^0 : e^ln 3 = 1 : 3; e^-800 is 0 in float64, without a warning.
    got = reference.probabilities(model, images.reshape(2, 1, 1, 2))
    np.testing.assert_allclose(got, [[0.25, 0.75], [1.0, 0.0]], rtol=1e-6)
    assert got.dtype == np.float64
