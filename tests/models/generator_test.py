import numpy as np
import pytest

from tfkd.models import generator


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 10, 3), (5,)])
def test_makes_inputs_of_the_shape_in_the_range(shape):
    model = generator.build(
        shape, noise_size=4, value_range=(-2, 6), filters=(4, 3)
    )
    noise = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")
    images = np.asarray(model(noise, training=True))
    assert images.shape == (16, *shape)
    assert images.dtype == "float32"
    assert -2 <= images.min() < images.max() <= 6
    # Its last normalization spreads a batch over the range.
    np.testing.assert_allclose(images.mean(), 2.0, atol=0.8)
