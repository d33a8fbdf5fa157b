"""One layer of a student solved in closed form."""

import keras
import numpy as np
from keras import ops

from tfkd import taps
from tfkd.distillers import batch as batch_lib
from tfkd.distillers.student_trainer import StudentTrainer
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.models.pointwise import absorb
from tfkd.teachers import FrozenTeacher
from tfkd.teachers import Teacher
from tfkd.untracked import Untracked

# Directions of the student's features below this share of the strongest one
# are rounding, and get no weight.
_SMALLEST = 1e-10


class LeastSquares(StudentTrainer):
    """Maps one layer's outputs to the teacher's by a merged 1x1 convolution.

    Equation:  Q* = argmin_Q sum ||f_t - Q f_s||_2^2,  then  W <- Q* W,
               b <- Q* b
    Symbols:   f_t, f_s (channels) outputs of teacher and student at one
               position, before the activation; W, b of the student's layer;
               the sum is over all positions and examples.

    `fit` adds up normal equations in float64, and solves them when it has
    seen all batches; no gradient is taken. The loss that it reports is the
    mean of (f_t - f_s)^2 before that. TensorFlow only.

    Args:
        student: A functional or built Sequential model.
        teacher: A `keras.Model` or `tfkd.teachers.Teacher`.
        student_layer: Name of the layer, a `Conv2D` or `Dense`.
        teacher_tap: Name of f_t.
        channels: Which channels of the tap the student's are, one each; all
            if absent.
        name: Name of the model.

    Attributes:
        residual: Share of the sum of f_t^2 that the last `fit` left,
            `None` before it.

    Raises:
        InputError: If the maps differ in size or channels, or the layer
            cannot be merged with another.
    """

    def __init__(
        self,
        *,
        student,
        teacher,
        student_layer,
        teacher_tap,
        channels=None,
        name="least_squares",
    ):
        super().__init__(name=name)
        require_tensorflow("LeastSquares")
        self.student = student
        self.teacher = (
            teacher if isinstance(teacher, Teacher) else FrozenTeacher(teacher)
        )
        tap = f"{student_layer}:pre"
        extractor = taps.Extractor(student, [tap])
        self._layer = Untracked(
            extractor=extractor,
            layer=taps.layers_of(student, student_layer)[-1],
        )
        specs = self.teacher.connect((teacher_tap,), student)
        self.tap, self.teacher_tap = tap, teacher_tap
        shape = tuple(extractor.specs[tap].shape)
        self.channels = _checked(
            shape, tuple(specs[teacher_tap].shape), channels, student_layer
        )
        absorb(self._layer.layer, np.eye(shape[-1]))  # Raises if it cannot.
        width = shape[-1]
        self.gram = self._sum((width, width), "gram")
        self.cross = self._sum((width, width), "cross")
        self.energy = self._sum((), "energy")
        self.residual = None
        self.built = True

    def _sum(self, shape, name):
        return self.add_weight(
            shape, "zeros", dtype="float64", trainable=False, name=name
        )

    def call(self, x, training=False):
        return self.student(batch_lib.views(x).student, training=False)

    def train_step(self, data):
        """Adds one batch to the normal equations."""
        x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        views = batch_lib.views(x)
        mine = self._layer.extractor(views.student)[self.tap]
        if self.teacher_tap in views.cached:
            theirs = views.cached[self.teacher_tap]
        else:
            theirs = self.teacher(views.teacher)[self.teacher_tap]
        theirs = ops.take(theirs, np.array(self.channels), axis=-1)
        weight = batch_lib.weight_per_example(sample_weight)
        rows = [_rows(tensor, weight) for tensor in (mine, theirs)]
        self.gram.assign_add(ops.matmul(ops.transpose(rows[0]), rows[0]))
        self.cross.assign_add(ops.matmul(ops.transpose(rows[0]), rows[1]))
        self.energy.assign_add(ops.sum(ops.square(rows[1])))
        error = ops.mean(ops.square(rows[1] - rows[0]))
        self._loss_tracker.update_state(error, ops.shape(rows[0])[0])
        return self.get_metrics_result()

    def fit(self, *args, **kwargs):
        """Sees every batch, as `keras.Model.fit`, and solves the layer."""
        for total in (self.gram, self.cross, self.energy):
            total.assign(ops.zeros_like(total))
        history = super().fit(*args, **kwargs)
        gram, cross = np.array(self.gram), np.array(self.cross)
        solution = np.linalg.lstsq(gram, cross, rcond=_SMALLEST)[0]
        # ||B||^2 - tr(C^T Q): what is left where Q solves G Q = C.
        energy = float(np.array(self.energy))
        left = max(energy - float(np.sum(cross * solution)), 0.0)
        self.residual = left / energy if energy else 0.0
        absorb(self._layer.layer, solution)
        return history


def _rows(tensor, weight):
    """One row a position, in float64."""
    tensor = ops.cast(tensor, "float64")
    if weight is not None:
        root = ops.sqrt(ops.cast(weight, "float64"))
        root = ops.reshape(root, (-1, *[1] * (len(tensor.shape) - 1)))
        tensor = tensor * root
    return ops.reshape(tensor, (-1, tensor.shape[-1]))


def _checked(mine, theirs, channels, layer):
    if mine[1:-1] != theirs[1:-1]:
        raise InputError(
            f"The layer {layer!r} must end in maps of the teacher's size, "
            f"received {mine} and the teacher's {theirs}. Choose a tap of the "
            "same size."
        )
    if channels is None:
        channels = range(theirs[-1])
    channels = [int(channel) for channel in channels]
    inside = all(0 <= channel < theirs[-1] for channel in channels)
    if len(channels) != mine[-1] or not inside:
        raise InputError(
            f"The layer {layer!r} has {mine[-1]} channels, and each must be "
            f"one of the teacher's {theirs[-1]}; received {channels}. Say "
            "which were kept, as tfkd.models.prune_channels.select returns."
        )
    return channels
