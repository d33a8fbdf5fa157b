"""Projected gradient ascent on what a student sees."""

import keras
from keras import ops

from tfkd import checks
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import unknown
from tfkd.sources.attack import Attack
from tfkd.sources.attack import Attacked
from tfkd.sources.attack import class_rows
from tfkd.sources.attack import gradient

_OBJECTIVES = ("labels", "teacher")


@keras.saving.register_keras_serializable("tfkd")
class PGD(Attack):
    """The worst inputs for the student within a small box.

    Equation:  x_0 = x + u, u ~ U(-e, e);
               x_(k+1) = P(x_k + d sign(dl / dx)),  P clips to [x - e, x + e]
               and to the range;
               l = H(y, softmax(z_s(x_k))), or
               l = KL(softmax(z_t(x) / T) || softmax(z_s(x_k) / T))
    Symbols:   e = `epsilon` and d = `step_size`, as shares of the range; T =
               `temperature`; z_s student's logits in inference mode.
    Paper:     Madry et al., *Towards Deep Learning Models Resistant to
               Adversarial Attacks*, ICLR 2018, arXiv:1706.06083.

    Args:
        epsilon: e > 0.
        step_size: d > 0.
        steps: At least 1.
        objective: `"labels"`, where an example without label has the
            teacher's likeliest class, or `"teacher"`.
        temperature: T > 0, for the second.
        random_start: Whether x_0 is drawn; x otherwise.
        seed: Whole number behind u.
        **kwargs: See `Attack`.

    Raises:
        InputError: If an argument is out of range.
    """

    attacks = "student"

    def __init__(
        self,
        *,
        epsilon=8 / 255,
        step_size=2 / 255,
        steps=10,
        objective="labels",
        temperature=1.0,
        random_start=True,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if objective not in _OBJECTIVES:
            raise unknown("objective of PGD", objective, _OBJECTIVES)
        checks.positive(
            epsilon=epsilon, step_size=step_size, temperature=temperature
        )
        checks.whole(1, steps=steps)
        self.epsilon, self.step_size = float(epsilon), float(step_size)
        self.steps, self.objective = int(steps), objective
        self.temperature = float(temperature)
        self.random_start, self.seed = bool(random_start), int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def find(self, inputs, model, *, labels, teacher, student):
        clean = ops.cast(inputs, "float32")
        teacher = ops.stop_gradient(ops.cast(teacher, "float32"))
        width = self.high - self.low
        radius, step = self.epsilon * width, self.step_size * width
        loss = self._loss(model, labels, teacher)
        moved = clean
        if self.random_start:
            moved = clean + keras.random.uniform(
                ops.shape(clean), -radius, radius, seed=self.seed_generator
            )
        for _ in range(self.steps):
            slope, _ = gradient(loss, moved)
            moved = moved + step * ops.sign(slope)
            moved = ops.clip(moved, clean - radius, clean + radius)
            moved = ops.clip(moved, self.low, self.high)
        return Attacked(ops.stop_gradient(moved))

    def _loss(self, model, labels, teacher):
        """The function of inputs that is made large."""

        def logits(x):
            return ops.cast(model(x), "float32")

        if self.objective == "teacher":
            return lambda x: softmax_kl(teacher, logits(x), self.temperature)
        target = ops.one_hot(ops.argmax(teacher, axis=-1), teacher.shape[-1])
        if labels is not None:
            rows = class_rows(labels, teacher)
            known = ops.sum(rows, axis=-1, keepdims=True) > 0
            target = ops.where(known, rows, target)
        return lambda x: (
            -ops.sum(target * ops.log_softmax(logits(x), axis=-1), axis=-1)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "step_size": self.step_size,
            "steps": self.steps,
            "objective": self.objective,
            "temperature": self.temperature,
            "random_start": self.random_start,
            "seed": self.seed,
        }
