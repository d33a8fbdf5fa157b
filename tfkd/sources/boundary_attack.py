"""Inputs just across a teacher's decision boundary."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.sources.attack import Attack
from tfkd.sources.attack import Attacked
from tfkd.sources.attack import class_rows
from tfkd.sources.attack import column
from tfkd.sources.attack import gradient

_SCORES = ("logits", "probabilities")
# How far across the boundary a sample is moved, in scores.
_OVER = 1e-4


@keras.saving.register_keras_serializable("tfkd")
class BoundaryAttack(Attack):
    """Boundary supporting samples: where two classes of the teacher meet.

    Equation:  x <- P(x + d (f_b(x) - f_k(x) + e) g / ||g||_2),
               g = d(f_k - f_b) / dx, as long as b is the largest score, P
               clips to the range
    Symbols:   f the teacher's scores; b the class of the input, k another,
               drawn with the teacher's probabilities; d = `step_size` and the
               norm in units of a fifth of the range; e = 1e-4.
    Paper:     Heo, Lee, Yun & Choi, *Knowledge Distillation with Adversarial
               Samples Supporting Decision Boundary*, AAAI 2019,
               arXiv:1805.05532. The step, e, the choice of inputs and classes
               are those of the authors' released code, whose range is
               [-2.5, 2.5].

    Attacked are inputs that the teacher classifies as their labels say; of
    these, the `size` that teacher and student disagree about most, by
    sum_(c != y) (p_t - p_s)^2. The others of a fixed number of rows have the
    weight 0.

    Args:
        step_size: d > 0.
        steps: At least 1.
        size: Inputs of a batch that are attacked, at most.
        scores: `"logits"` or `"probabilities"`.
        seed: Whole number behind the classes k.
        **kwargs: See `Attack`.

    Raises:
        InputError: If an argument is out of range.
    """

    attacks = "teacher"

    def __init__(
        self,
        *,
        step_size=0.3,
        steps=10,
        size=64,
        scores="logits",
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if scores not in _SCORES:
            raise unknown("scores of BoundaryAttack", scores, _SCORES)
        checks.positive(step_size=step_size)
        checks.whole(1, steps=steps, size=size)
        self.step_size, self.steps = float(step_size), int(steps)
        self.size, self.scores, self.seed = int(size), scores, int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def find(self, inputs, model, *, labels, teacher, student):
        teacher, student = (
            ops.stop_gradient(ops.cast(logits, "float32"))
            for logits in (teacher, student)
        )
        rows, chosen = self._choose(labels, teacher, student)
        teacher = ops.take(teacher, rows, axis=0)
        base = ops.argmax(teacher, axis=-1)
        moved = self.move(
            model,
            ops.take(ops.cast(inputs, "float32"), rows, axis=0),
            base,
            self._other(teacher, base),
        )
        # So that the sum over rows, divided by their number, is the mean
        # over those that count.
        count = ops.cast(ops.shape(rows)[0], "float32")
        weight = chosen * count / ops.maximum(ops.sum(chosen), 1.0)
        return Attacked(moved, rows, weight)

    def move(self, model, inputs, base, other):
        """Returns inputs moved from classes towards others.

        Args:
            model: From inputs to logits.
            inputs: `(n, ...)`.
            base: b, `(n,)`.
            other: k, `(n,)`.
        """
        unit = (self.high - self.low) / 5.0
        base = ops.cast(base, "int32")

        def margin(x):
            scores = ops.cast(model(x), "float32")
            if self.scores == "probabilities":
                scores = ops.softmax(scores, axis=-1)
            classes = scores.shape[-1]
            pair = ops.one_hot(other, classes) - ops.one_hot(base, classes)
            largest = ops.cast(ops.argmax(scores, axis=-1), "int32")
            inside = ops.cast(ops.equal(largest, base), "float32")
            return ops.sum(pair * scores, axis=-1), inside

        for _ in range(self.steps):
            slope, (gap, inside) = gradient(margin, inputs)
            direction = l2_normalize(flatten(slope))
            direction = ops.reshape(direction, ops.shape(inputs))
            step = self.step_size * unit * inside * (_OVER - gap)
            inputs = inputs + column(step, inputs) * direction
            inputs = ops.clip(inputs, self.low, self.high)
        return ops.stop_gradient(inputs)

    def _choose(self, labels, teacher, student):
        """Rows that are attacked, and 1 where they may be, else 0."""
        if labels is None:
            raise InputError(
                "BoundaryAttack moves inputs that the teacher classifies as "
                "they are labelled, and the batch has no labels. Fit on "
                "(inputs, labels); -1 marks an unlabelled one."
            )
        rows = class_rows(labels, teacher)
        labels = ops.cast(ops.argmax(rows, axis=-1), "int32")
        labels = ops.where(ops.any(rows > 0, axis=-1), labels, -1)
        largest = ops.cast(ops.argmax(teacher, axis=-1), "int32")
        right = ops.equal(largest, labels)
        gap = ops.square(ops.softmax(teacher) - ops.softmax(student))
        others = 1.0 - ops.one_hot(labels, teacher.shape[-1])
        gap = ops.sum(gap * others, axis=-1)
        order = ops.argsort(ops.where(right, -gap, ops.ones_like(gap)))
        rows = order[: self.size]
        return rows, ops.cast(ops.take(right, rows, axis=0), "float32")

    def _other(self, teacher, base):
        """Another class for each row, with the teacher's probabilities."""
        mine = ops.one_hot(base, teacher.shape[-1], dtype="bool")
        others = ops.where(mine, -1e9, teacher)
        drawn = keras.random.categorical(others, 1, seed=self.seed_generator)
        return ops.cast(drawn[:, 0], "int32")

    def get_config(self):
        return {
            **super().get_config(),
            "step_size": self.step_size,
            "steps": self.steps,
            "size": self.size,
            "scores": self.scores,
            "seed": self.seed,
        }
