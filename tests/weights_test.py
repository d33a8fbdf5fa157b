import keras
import numpy as np

from tfkd import weights


def build(statistics):
    """A nested normalization: (x - mean) / standard deviation."""
    layer = keras.layers.Normalization()
    layer.adapt(np.array(statistics, "float32")[:, None])
    inner = keras.Sequential([keras.Input((1,)), layer])
    inputs = keras.Input((1,))
    return keras.Model(inputs, inner(inputs))


def test_a_normalization_computes_with_its_new_statistics():
    # Mean 4, standard deviation 2: (10 - 4) / 2 = 3.
    source, target = build([2.0, 6.0]), build([0.0, 1.0])
    weights.copy(source, target)
    x = np.array([[10.0]], "float32")
    np.testing.assert_allclose(target(x), [[3.0]], rtol=1e-6)
