"""A training loop in which distillation never outweighs the task."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.numerics import TINY
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class ClippedDistiller(Distiller):
    """Clips distillation's gradient to the task's, weight by weight.

    Equation:  g_w = g_task + g_kd min(1, r ||g_task||_2 / ||g_kd||_2)
    Symbols:   g_task, g_kd gradients of the task loss (with regularizers)
               and of the sum of distillation losses by one weight tensor w;
               r = `ratio`. Weights that the task does not reach, such as
               those of transforms, are not clipped.
    Paper:     Lee, Kim & Song, *Self-supervised Knowledge Distillation Using
               Singular Value Decomposition*, ECCV 2018, arXiv:1807.06819.

    TensorFlow only: it takes two gradients a step.

    Args:
        ratio: r >= 0, a number or schedule.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If `ratio` is negative, the task does not count, or Keras
            runs on another backend.
    """

    def __init__(self, *, ratio=1.0, name="clipped_distiller", **kwargs):
        require_tensorflow("ClippedDistiller")
        super().__init__(name=name, **kwargs)
        self.ratio = schedules.get(ratio, "ratio", minimum=0.0)
        weight = self.student_loss_weight
        if isinstance(weight, schedules.Constant) and weight.value == 0:
            raise InputError(
                "ClippedDistiller clips to the gradient of the task and needs "
                f"student_loss_weight > 0, received {weight.value}. Use "
                "Distiller, or a weight such as 1."
            )

    def train_step(self, data):
        import tensorflow as tf  # Lazily: tfkd.distillers runs without it.

        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape(persistent=True) as tape:
            y_pred = self(x, training=True)
            given = (x, y, y_pred, sample_weight, self._step())
            losses = [self._task_loss(*given), self._knowledge_loss(*given)]
            scaled = [self.optimizer.scale_loss(loss) for loss in losses]
        weights = self.trainable_weights
        gradients = (tape.gradient(loss, weights) for loss in scaled)
        ratio = self.ratio(given[-1])
        gradients = [_combined(*pair, ratio) for pair in zip(*gradients)]
        self.optimizer.apply_gradients(zip(gradients, weights))
        return self._end_step(x, y, y_pred, sample_weight, sum(losses))

    def parts(self):
        ratio = keras.saving.serialize_keras_object(self.ratio)
        return {**super().parts(), "ratio": ratio}


def _combined(task, knowledge, ratio):
    """The gradient of one weight; `None` where neither loss reaches it."""
    if task is None or knowledge is None:
        return knowledge if task is None else task
    # Gradients of an embedding are slices.
    task, knowledge = (ops.convert_to_tensor(g) for g in (task, knowledge))
    limit = ratio * _norm(task)
    factor = ops.minimum(1.0, limit / ops.maximum(_norm(knowledge), TINY))
    return task + ops.cast(factor, knowledge.dtype) * knowledge


def _norm(gradient):
    return safe_sqrt(ops.sum(ops.square(ops.cast(gradient, "float32"))))
