"""The usual random view of semi-supervised learning."""

import keras

from tfkd.transforms.gaussian_noise import GaussianNoise
from tfkd.transforms.random_shift import RandomShift


def noisy_view(shape, *, stddev, pixels=None, mirror=False, seed=0):
    """Returns a layer that shifts, mirrors and adds noise in training.

    Args:
        shape: Of the inputs, with the batch.
        stddev: Of the noise, in the units of the inputs, at least 0.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random.
        seed: Whole number behind all of it.

    Raises:
        InputError: If what is shifted is no image, or a number is out of
            range.
    """
    if pixels is None:
        pixels = 2 if len(shape) == 4 else 0
    noise = GaussianNoise(stddev, seed=seed)
    moved = pixels or mirror
    if not moved:
        return noise
    shift = RandomShift(pixels, mirror, seed=seed)
    shift.build(shape)
    # Built now: on JAX a layer cannot be built while a step is traced.
    return keras.Sequential([keras.Input(shape[1:]), shift, noise])
