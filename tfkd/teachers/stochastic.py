"""What every teacher is that draws random numbers."""

import keras

from tfkd.teachers.base import Teacher


class StochasticTeacher(Teacher):
    """A teacher that answers otherwise each time it is asked.

    One seed gives one sequence of answers. Where the sequence stands is saved
    with the `Distiller`, so that a training that is resumed gets the answers
    it would have got. Stored answers are refused.

    Args:
        seed: Whole number behind the random numbers.
        **kwargs: See `Teacher`.

    Attributes:
        seed_generator: Source of all of them.
    """

    stochastic = True

    def __init__(self, *, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}
