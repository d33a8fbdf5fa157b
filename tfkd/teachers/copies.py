"""Teachers made of the student's own weights at other times."""

import keras
from keras import ops

from tfkd import schedules
from tfkd import weights
from tfkd.errors import InputError
from tfkd.taps import Extractor
from tfkd.teachers.base import Teacher
from tfkd.untracked import Untracked


class CopyTeacher(Teacher):
    """A copy of the trained network whose weights follow it.

    The copy starts with the network's weights. Unlike those of a frozen
    teacher, its weights are state of the training: they are saved with the
    `Distiller`.

    Args:
        training: Whether the copy runs in training mode, dropout for example,
            as mean teachers may.
        batch_statistics: Whether its batch normalization uses the statistics
            of the batch then. Where not, it uses the moving averages, as
            Keras does in every layer that is not trainable.
    """

    follows_student = True
    reads_stored = False

    def __init__(self, *, training=False, batch_statistics=False, **kwargs):
        super().__init__(**kwargs)
        self.training = training
        self.batch_statistics = batch_statistics
        self._untracked = Untracked(extractor=None)

    def connect(self, taps, student):
        self.copy = weights.clone(student)
        self.copy.trainable = False
        if self.batch_statistics:
            _use_batch_statistics(self.copy)
        self._untracked.extractor = Extractor(self.copy, taps)
        self.built = True
        return self._untracked.extractor.specs

    def call(self, inputs, student=None, step=0):
        return self._untracked.extractor(inputs, training=self.training)

    def get_config(self):
        return {
            **super().get_config(),
            "training": self.training,
            "batch_statistics": self.batch_statistics,
        }


def _use_batch_statistics(model):
    """Lets batch normalization train its averages, and no weight."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = True
            for weight in layer.weights:
                weight.trainable = False


@keras.saving.register_keras_serializable("tfkd")
class EMATeacher(CopyTeacher):
    """Exponential moving average of the student's weights.

    Equation:  theta' <- a theta' + (1 - a) theta   after every step
    Symbols:   theta student's weights, batch statistics included, theta'
               teacher's; a = `decay`, at most 1 - 1 / (step + 1), so that
               the first steps are a plain average. Of weights of 16 bits
               the average is held in float32.
    Paper:     Tarvainen & Valpola, *Mean teachers are better role models*,
               NeurIPS 2017, arXiv:1703.01780.

    Args:
        decay: a in [0, 1), a number or schedule.
        **kwargs: See `CopyTeacher`.
    """

    def __init__(self, decay=0.999, **kwargs):
        super().__init__(**kwargs)
        self.decay = schedules.get(decay, "decay", minimum=0.0)
        if isinstance(self.decay, schedules.Constant) and not (
            self.decay.value < 1
        ):
            raise InputError(
                f"decay must be in [0, 1), received {decay!r}. A usual value "
                "is 0.999."
            )

    def connect(self, taps, student):
        specs = super().connect(taps, student)
        # A step that is small beside a weight of 16 bits would be rounded
        # away, and the average would stand still.
        self.averages = [
            self._average(number, weight)
            for number, weight in enumerate(self.copy.weights)
        ]
        return specs

    def _average(self, number, weight):
        """A weight in float32 where it is of 16 bits, else `None`."""
        if weight.dtype not in ("bfloat16", "float16"):
            return None
        average = self.add_weight(
            weight.shape,
            "zeros",
            dtype="float32",
            trainable=False,
            name=f"average{number}",
        )
        average.assign(ops.cast(weight, "float32"))
        return average

    def update(self, student, step):
        step = ops.cast(step, "float32")
        decay = ops.minimum(1.0 - 1.0 / (step + 1.0), self.decay(step))
        for mine, theirs, average in zip(
            self.copy.weights, student.weights, self.averages
        ):
            if average is not None:
                theirs = ops.cast(theirs, "float32")
                average.assign(decay * average + (1 - decay) * theirs)
                mine.assign(ops.cast(average, mine.dtype))
            elif keras.backend.is_float_dtype(mine.dtype):
                keep = ops.cast(decay, mine.dtype)
                mine.assign(keep * mine + (1 - keep) * theirs)

    def get_config(self):
        decay = keras.saving.serialize_keras_object(self.decay)
        return {**super().get_config(), "decay": decay}


@keras.saving.register_keras_serializable("tfkd")
class SnapshotTeacher(CopyTeacher):
    """The student's weights at the end of the last cycle of steps.

    It reads what the student sees.

    Args:
        cycle_steps: Steps between two snapshots, at least 1.
        **kwargs: See `CopyTeacher`.
    """

    sees = "student"

    def __init__(self, cycle_steps, **kwargs):
        super().__init__(**kwargs)
        if int(cycle_steps) < 1:
            raise InputError(
                f"cycle_steps must be at least 1, received {cycle_steps!r}."
            )
        self.cycle_steps = int(cycle_steps)

    def update(self, student, step):
        due = ops.equal(ops.cast(step, "int32") % self.cycle_steps, 0)
        for mine, theirs in zip(self.copy.weights, student.weights):
            mine.assign(ops.where(due, theirs, mine))

    def get_config(self):
        return {**super().get_config(), "cycle_steps": self.cycle_steps}
