"""Normal noise on the gradients of all weights."""

import keras
from keras import ops

from tfkd import checks
from tfkd.losses.base import KDLoss
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class GradientNoise(KDLoss):
    """Adds noise to the student's gradients that fades over epochs.

    Equation:  g <- g + n / B,  n ~ N(0, s^2) for each weight,
               s = a / (1 + t)^c
               as the gradient of  L = 1/B sum_w n_w (w - stop(w)) = 0
    Symbols:   g gradient of the mean over the batch's B examples; t epoch,
               from 1, as `epoch` holds it; a = `scale`; c = `decay`; w the
               student's trainable weights; stop has no gradient.
    Paper:     Neelakantan et al., *Adding Gradient Noise Improves Learning
               for Very Deep Networks*, 2015, arXiv:1511.06807, where s^2 and
               not s is this, and t counts steps; as here in the authors'
               code of EEIL, arXiv:1807.09536.

    Its value is 0 for every example. It reads no tap but the outputs, which
    say how many examples there are. A `weight` scales n.

    Args:
        scale: a >= 0.
        decay: c >= 0.
        seed: Whole number; one seed gives one sequence of noise.
        **kwargs: See `KDLoss`.

    Attributes:
        epoch: Variable, t.

    Raises:
        InputError: If a number is negative.
    """

    student_taps = ("outputs",)

    def __init__(
        self, *, scale=0.3, decay=0.55, seed=0, name="gradient_noise", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        checks.not_negative(scale=scale, decay=decay)
        self.scale = float(scale)
        self.decay = float(decay)
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)
        self._found = Untracked(weights=())

    def attach(self, teacher, student):
        self._found = Untracked(weights=student.trainable_weights)

    def setup(self, teacher, student):
        self.epoch = self.add_weight((), "ones", trainable=False, name="epoch")
        super().setup(teacher, student)

    def deviation(self):
        """Returns s, a scalar."""
        return self.scale / (1.0 + self.epoch) ** self.decay

    def values(self, teacher, student, *, labels, index, step):
        outputs = keras.tree.flatten(student["outputs"])[0]
        count = ops.cast(ops.shape(outputs)[0], self.compute_dtype)
        total = ops.zeros((), self.compute_dtype)
        for weight in self._found.weights:
            noise = keras.random.normal(
                weight.shape, dtype=self.compute_dtype, seed=self.seed_generator
            )
            value = ops.cast(weight, self.compute_dtype)
            total = total + ops.sum(noise * (value - ops.stop_gradient(value)))
        total = total * self.deviation() / count
        return ops.broadcast_to(total, ops.shape(outputs)[:1])

    def get_config(self):
        return {
            **super().get_config(),
            "scale": self.scale,
            "decay": self.decay,
            "seed": self.seed,
        }
