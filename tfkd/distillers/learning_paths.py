"""A training loop that learns where training on a task should start."""

import itertools

import keras
from keras import ops

from tfkd import checks
from tfkd.distillers import batch as batch_lib
from tfkd.distillers import tried
from tfkd.distillers.task_trainer import TaskTrainer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.numerics import TINY
from tfkd.numerics import safe_sqrt

DISTANCES = ("length", "energy")


@keras.saving.register_keras_serializable("tfkd")
class LearningPaths(TaskTrainer):
    """Learns weights from which learning goes a short way on any task.

    A batch is a task: its examples, in their order, are cut into
    `inner_steps` parts of equal size. Plain gradient descent is tried on one
    part after the other; the path that it takes over the task's loss surface
    says where the compiled optimizer moves the student's weights, which are
    otherwise put back. Statistics of batches are not kept. To average over
    several tasks, give the optimizer `gradient_accumulation_steps`.

    Equation:  theta_(i+1) = theta_i - h grad f_i(theta_i)
               d_i = f_(i+1)(theta_(i+1)) - f_i(theta_i),
               with `stabilize` -|d_i|
               gradient = sum_i [theta_i - theta_(i+1) - d_i grad f_i(theta_i)]
                              / n_i
               "length":  n_i = sqrt(||theta_(i+1) - theta_i||^2 + d_i^2)
               "energy":  n_i = 1
    Symbols:   theta_0 the student's trainable weights; f_i the compiled loss
               on part i; h = `inner_learning_rate`.
    Paper:     Flennerhag et al., *Transferring Knowledge across Learning
               Processes*, ICLR 2019, arXiv:1812.01054, Eqn 8 and
               Algorithm 1.

    It needs the TensorFlow backend.

    Args:
        student: A Keras model.
        inner_steps: Parts of a task, at least 2.
        inner_learning_rate: h > 0.
        distance: `"length"` or `"energy"` of a path.
        stabilize: Whether a step up the loss counts as one down.
        name: Name of the model.

    Attributes:
        student: The student, with the weights to start from.

    Raises:
        InputError: If an argument is out of range, or Keras runs on another
            backend.
    """

    def __init__(
        self,
        *,
        student,
        inner_steps,
        inner_learning_rate,
        distance="length",
        stabilize=True,
        name="learning_paths",
        **kwargs,
    ):
        require_tensorflow("LearningPaths")
        super().__init__(name=name, **kwargs)
        checks.whole(2, inner_steps=inner_steps, hint="A path has two ends.")
        checks.positive(inner_learning_rate=inner_learning_rate)
        if distance not in DISTANCES:
            raise InputError(
                f"distance must be one of {DISTANCES}, received {distance!r}."
            )
        self.student = student
        self.inner_steps = int(inner_steps)
        self.inner_learning_rate = float(inner_learning_rate)
        self.distance = distance
        self.stabilize = bool(stabilize)
        self.built = True

    def train_step(self, data):
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        weights = self.trainable_variables
        theta, path = tried.start(weights), []
        for number in range(self.inner_steps):
            part = self._part(number, (x, y, weight))
            loss, slope = self._loss_and_slope(weights, theta, *part)
            path.append((theta, slope, loss))
            theta = tried.descended(theta, slope, self.inner_learning_rate)
        steps = [self._gradient(*ends) for ends in itertools.pairwise(path)]
        # All replicas found the same, and the optimizer adds them up.
        replicas = self.distribute_strategy.num_replicas_in_sync
        self.optimizer.apply(
            [sum(parts) / replicas for parts in zip(*steps)], weights
        )
        mean = sum(loss for _, _, loss in path) / self.inner_steps
        self._loss_tracker.update_state(mean)
        return self.get_metrics_result()

    def _part(self, number, data):
        """One part of a task; of few examples, parts repeat some."""
        count = ops.shape(keras.tree.flatten(data)[0])[0]
        size = ops.maximum(count // self.inner_steps, 1)
        rows = (number * size + ops.arange(size)) % count

        def take(a):
            return None if a is None else ops.take(a, rows, axis=0)

        return keras.tree.map_structure(take, data)

    def _loss_and_slope(self, weights, theta, x, y, weight):
        """Of a part, where the weights are theta; its metrics are counted."""
        answers = []

        def loss():
            answers.append(self(x, training=True))
            return self.compute_loss(x, y, answers[0], weight, training=True)

        found = tried.loss_and_slope(weights, theta, loss)
        self.compute_metrics(x, y, answers[0], weight)
        return found

    def _gradient(self, start, end):
        """What the step between two points of a path asks for."""
        theta, slope, loss = start
        moved, _, outcome = end
        rise = outcome - loss
        if self.stabilize:
            rise = -ops.abs(rise)
        back = [a - b for a, b in zip(theta, moved)]
        length = 1.0
        if self.distance == "length":
            squares = [ops.sum(ops.square(b)) for b in back]
            length = safe_sqrt(sum(squares) + ops.square(rise))
            # Where nothing moves there is nothing to divide.
            length = ops.maximum(length, TINY)
        return [(b - rise * g) / length for b, g in zip(back, slope)]

    def check_batches(self, x, batch_size):
        size = batch_lib.size(x, batch_size)
        if size is not None and size % self.inner_steps:
            raise InputError(
                f"A batch is a task, in {self.inner_steps} parts of equal "
                f"size; received batches of {size}. Pass a batch_size that "
                f"is a multiple of inner_steps={self.inner_steps}."
            )

    def parts(self):
        return {
            "student": keras.saving.serialize_keras_object(self.student),
            "inner_steps": self.inner_steps,
            "inner_learning_rate": self.inner_learning_rate,
            "distance": self.distance,
            "stabilize": self.stabilize,
            "name": self.name,
        }

    @classmethod
    def from_parts(cls, parts):
        return cls(**keras.saving.deserialize_keras_object(parts))
