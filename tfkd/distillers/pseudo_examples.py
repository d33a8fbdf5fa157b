"""Distillation on few inputs, and on others that move to where it fails."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow


@keras.saving.register_keras_serializable("tfkd")
class PseudoExampleDistiller(Distiller):
    """A `Distiller` that keeps inputs of its own, and makes them harder.

    The first `fit` starts them from the inputs it is given, with noise. Each
    step distills on the batch and on as many of them, in turn, which have no
    label, as if it was -1; then these move up the slope of distillation's
    losses, in inference mode. It needs the TensorFlow backend.

    Equation:  u <- clip(u + h d/du sum_k w_k L_k(u), -1, 1)
    Symbols:   u an input, scaled to [-1, 1]; h = `step_size`; w_k L_k
               distillation losses, through teacher and student.

    Args:
        count: How many inputs are kept, at least 1.
        value_range: `(low, high)` of the student's raw inputs.
        step_size: h >= 0.
        noise: Deviation of the noise they start with, in units of u, >= 0.
        seed: Of their start.
        name: Name of the model.
        **kwargs: See `Distiller`; no loss needs labels or index.

    Attributes:
        pseudo: The inputs, a weight that no optimizer moves.

    Raises:
        InputError: If an argument is out of range, the student's input has
            no fixed size, or Keras runs on another backend.
    """

    def __init__(
        self,
        *,
        count,
        value_range,
        step_size,
        noise,
        seed=0,
        name="pseudo_example_distiller",
        **kwargs,
    ):
        require_tensorflow("PseudoExampleDistiller")
        super().__init__(name=name, **kwargs)
        checks.whole(1, count=count)
        checks.not_negative(step_size=step_size, noise=noise)
        wanting = [
            loss.name
            for loss in self.distillation_losses
            if loss.needs_labels or loss.needs_index
        ]
        if wanting:
            raise InputError(
                "Inputs that are kept have neither labels nor index, which "
                f"the losses {wanting} need. Leave these out."
            )
        # Not at the top: tfkd.sources needs TensorFlow where it is imported.
        from tfkd import sources

        self.low, self.high = sources.check_range(value_range)
        shape = sources.input_shape(self.student)
        self.count = int(count)
        self.step_size = step_size
        self.noise = noise
        self.seed = seed
        self.pseudo = self.add_weight(
            (self.count, *shape),
            "zeros",
            dtype="float32",
            trainable=False,
            name="pseudo",
        )
        self._started = self.add_weight(
            (), "zeros", trainable=False, name="started"
        )

    def fit(self, x=None, y=None, **kwargs):
        """Trains as `Distiller.fit`.

        Args:
            x: See `keras.Model.fit`; the first time an array.
            y: See `keras.Model.fit`.
            **kwargs: See `keras.Model.fit`.
        """
        if not ops.convert_to_numpy(self._started):
            self.start(x)
        return super().fit(x, y, **kwargs)

    def start(self, x):
        """Starts the kept inputs from some of these, with noise.

        Args:
            x: Raw inputs, an array.

        Raises:
            InputError: If x is no array of inputs.
        """
        shape = tuple(self.pseudo.shape[1:])
        found = getattr(x, "shape", (None,))
        if not hasattr(x, "__array__") or tuple(found[1:]) != shape:
            raise InputError(
                "The inputs that are kept start from an array of shape "
                f"(examples, {', '.join(map(str, shape))}), received "
                f"{type(x).__name__} of shape {tuple(found)}. Call start(x) "
                "with an array first."
            )
        x = np.asarray(x, "float32")
        random = np.random.default_rng(self.seed)
        few = self.count > len(x)
        chosen = random.choice(len(x), self.count, replace=few)
        deviation = self.noise * 0.5 * (self.high - self.low)
        moved = x[chosen] + deviation * random.normal(size=(self.count, *shape))
        self.pseudo.assign(np.clip(moved, self.low, self.high))
        self._started.assign(1.0)

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x = ops.cast(batch_lib.views(x).student, "float32")
        size = ops.shape(x)[0]
        step = ops.cast(self.optimizer.iterations, "int32")
        rows = (step * size + ops.arange(size)) % self.count
        kept = ops.take(self.pseudo, rows, axis=0)
        if y is not None:
            y = ops.concatenate(
                [y, batch_lib.no_labels(y, self.student.output_shape)]
            )
        if weight is not None:
            weight = ops.concatenate([weight, ops.ones_like(weight)])
        joined = ops.concatenate([x, kept])
        logs = super().train_step((joined, y, weight))
        moved = ops.clip(
            kept + self._slope(kept, step + 1), self.low, self.high
        )
        self.pseudo.assign(
            ops.scatter_update(self.pseudo, rows[:, None], moved)
        )
        return logs

    def _slope(self, inputs, step):
        """How far inputs move, in raw units."""
        import tensorflow as tf  # Lazily: other backends do without it.

        with tf.GradientTape() as tape:
            tape.watch(inputs)
            student = self._untracked.extractor(inputs, training=False)
            teacher = self.teacher(inputs, student=student, step=step)
            total = ops.zeros((), "float32")
            for loss, factor in zip(
                self.distillation_losses, self.distillation_loss_weights
            ):
                values = loss(teacher, student, step=step)
                total = total + factor * loss.weight(step) * ops.sum(values)
        half = 0.5 * (self.high - self.low)
        return self.step_size * half**2 * tape.gradient(total, inputs)

    def parts(self):
        return {
            **super().parts(),
            "count": self.count,
            "value_range": (self.low, self.high),
            "step_size": self.step_size,
            "noise": self.noise,
            "seed": self.seed,
        }
