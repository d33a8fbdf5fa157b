"""A training loop that learns how to distil while it distils."""

import keras

from tfkd import checks
from tfkd.distillers import batch as batch_lib
from tfkd.distillers import tried
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.second_optimizer import SecondOptimizer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.teachers import FrozenTeacher


@keras.saving.register_keras_serializable("tfkd")
class MetaDistiller(SecondOptimizer, Distiller):
    """A `Distiller` whose losses have weights that learn what helps the task.

    Each step is one of a `Distiller`, and one of the meta-variables: from the
    student as it now is, T steps on distillation alone and one on the task
    are tried on the same batch and undone, and what the task's loss would
    then be is differentiated through all of them.

    Equation:  theta_0 = theta
               theta_(i+1) = theta_i - h d/dtheta L_kd(theta_i; phi), i < T
               theta_(T+1) = theta_T - h d/dtheta L_task(theta_T)
               phi <- phi - step of d/dphi L_task(theta_(T+1))
    Symbols:   theta what the compiled optimizer trains; phi the losses'
               `meta_variables`; L_task with its weight, L_kd the weighted
               sum of the distillation losses; T = `inner_steps`; h =
               `inner_learning_rate`.
    Paper:     Jang, Lee, Hwang & Shin, *Learning What and Where to
               Transfer*, ICML 2019, arXiv:1905.05901, Algorithm 1.

    TensorFlow only. A step passes the student T + 3 times, and its cost is
    some 2 (T + 3) times that of a `Distiller`'s.

    Args:
        inner_steps: T >= 1.
        inner_learning_rate: h > 0.
        meta_optimizer: A Keras optimizer; Adam(1e-4) if absent.
        name: Name of the model.
        **kwargs: See `Distiller`; its teacher is frozen, and a loss has
            `meta_variables`.

    Raises:
        InputError: If no loss has meta-variables, the teacher is not frozen,
            an argument is out of range, the task does not count, or Keras
            runs on another backend.
    """

    def __init__(
        self,
        *,
        inner_steps=2,
        inner_learning_rate=0.1,
        meta_optimizer=None,
        name="meta_distiller",
        **kwargs,
    ):
        require_tensorflow("MetaDistiller")
        super().__init__(name=name, **kwargs)
        if not self.moved_apart():
            raise InputError(
                "A MetaDistiller needs a loss with meta_variables, received "
                f"{[loss.name for loss in self.distillation_losses]}. Add one "
                "such as tfkd.losses.WeightedChannels, or use Distiller."
            )
        if not isinstance(self.teacher, FrozenTeacher):
            raise InputError(
                "The steps that a MetaDistiller tries need a teacher that "
                "answers the same each time: a keras.Model or "
                "tfkd.teachers.FrozenTeacher, received "
                f"{type(self.teacher).__name__}."
            )
        checks.whole(1, inner_steps=inner_steps)
        checks.positive(inner_learning_rate=inner_learning_rate)
        self.inner_steps = int(inner_steps)
        self.inner_learning_rate = float(inner_learning_rate)
        if meta_optimizer is None:
            meta_optimizer = keras.optimizers.Adam(1e-4)
        self.meta_optimizer = meta_optimizer
        self.meta_optimizer.build(self.moved_apart())

    def moved_apart(self):
        """Returns phi, the losses' `meta_variables`."""
        return [
            variable
            for loss in self.distillation_losses
            for variable in getattr(loss, "meta_variables", ())
        ]

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        views = batch_lib.views(x)
        # The teacher answers once for all passes of the student.
        answers = self._teacher_taps(views, None, self._step())
        x = {"student": views.student, "cached": answers}
        if views.index is not None:
            x["index"] = views.index
        logs = super().train_step((x, y, weight))
        self._meta_step(x, y, weight)
        return logs

    def _meta_step(self, x, y, weight):
        """Moves phi down the slope of what tried steps come to."""
        import tensorflow as tf  # Lazily: tfkd.distillers runs without it.

        phi, theta = self.moved_apart(), self.trainable_variables
        step = self._step()

        def task(y_pred):
            return self._task_loss(x, y, y_pred, weight, step)

        def knowledge(y_pred, among=None):
            return self._knowledge_loss(x, y, y_pred, weight, step, among)

        def of(loss):
            return lambda: loss(self(x, training=True))

        steps, outcome = self._plan(task, knowledge)
        with tf.GradientTape() as tape:
            values = tried.start(theta)
            for loss in steps:
                _, slope = tried.loss_and_slope(theta, values, of(loss))
                rate = self.inner_learning_rate
                values = tried.descended(values, slope, rate)
            value = tried.loss_at(theta, values, of(outcome))
        # Some may not reach it, such as priors of weights behind a tap.
        gradients = tape.gradient(
            value,
            [v.value for v in phi],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )
        self.meta_optimizer.apply(gradients, phi)

    def _plan(self, task, knowledge):
        """Returns the losses of the tried steps, and of what they come to."""
        return [*[knowledge] * self.inner_steps, task], task

    def parts(self):
        return {
            **super().parts(),
            "inner_steps": self.inner_steps,
            "inner_learning_rate": self.inner_learning_rate,
            "meta_optimizer": keras.saving.serialize_keras_object(
                self.meta_optimizer
            ),
        }
