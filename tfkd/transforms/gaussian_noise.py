"""Noise on what a network sees."""

import keras
from keras import ops

from tfkd import checks
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class GaussianNoise(Transform):
    """Adds normal noise in training; for `student_view`, `teacher_view`.

    Unlike Keras' layer of this name it saves where its random numbers stand,
    so that a training that is resumed sees the noise it would have seen.

    Equation:  y = x + e, e ~ N(0, s^2) for each element
    Symbols:   x (batch, ...) inputs; s = `stddev`, in the units of x.

    Args:
        stddev: s >= 0.
        seed: Whole number; one seed gives one sequence of noise.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `stddev` is negative or not finite.
    """

    def __init__(self, stddev, seed=0, **kwargs):
        super().__init__(**kwargs)
        checks.not_negative(
            stddev=stddev,
            hint=(
                "It is in the units of the inputs: pixels up to 255 need "
                "more noise than pixels up to 1."
            ),
        )
        self.stddev = float(stddev)
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self.built = True

    def call(self, x, training=True):
        x = ops.cast(x, self.compute_dtype)
        if not training or self.stddev == 0:
            return x
        noise = keras.random.normal(
            ops.shape(x), dtype=self.compute_dtype, seed=self.seed_generator
        )
        return x + self.stddev * noise

    def save_own_variables(self, store):
        store["random_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["random_state"][...])

    def get_config(self):
        return {
            **super().get_config(),
            "stddev": self.stddev,
            "seed": self.seed,
        }
