"""What every distillation loss is."""

import keras
from keras import ops

from tfkd import schedules


class KDLoss(keras.layers.Layer, keras.distillation.DistillationLoss):
    """A value per example from taps of a teacher and of a student.

    Subclasses set `teacher_taps` and `student_taps`, may override `setup`,
    and implement `values`. The `Distiller` stops gradients at the teacher's
    taps; a loss need not.

    Args:
        weight: Non-negative factor, a number or `tfkd.schedules.Schedule`.
        name: Name under which the loss is reported.
        dtype: Precision of the computation, whatever the models' policy.

    Attributes:
        teacher_taps: Names of the teacher's tensors that `values` reads.
        student_taps: Likewise of the student.
        needs_labels: Whether `values` reads `labels`.
        needs_index: Whether `values` reads `index`, the stable number of
            each example.
        pairwise: Whether it relates the examples of a batch, so that batches
            of one say nothing.
    """

    teacher_taps = ()
    student_taps = ()
    needs_labels = False
    needs_index = False
    pairwise = False

    def __init__(self, *, weight=1.0, name=None, dtype="float32", **kwargs):
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.weight = schedules.get(weight, "weight", minimum=0.0)

    def attach(self, teacher, student):
        """Is told both networks before `setup`; for what reads weights.

        Args:
            teacher: A `tfkd.teachers.Teacher`.
            student: The model that is trained.

        Raises:
            InputError: If they do not have these weights.
        """

    def setup(self, teacher, student):
        """Checks the taps and builds transforms, before any training.

        Args:
            teacher: Tap name to `keras.KerasTensor`.
            student: Likewise.

        Raises:
            InputError: If these taps cannot be compared.
        """
        self.built = True

    def values(self, teacher, student, *, labels, index, step):
        """Returns the unweighted loss of each example, shape `(batch,)`.

        Args:
            teacher: Tap name to tensor.
            student: Likewise.
            labels: The batch's labels, or `None`.
            index: Stable number of each example, or `None`.
            step: Number of optimizer updates so far, an integer scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def call(self, teacher, student, labels=None, index=None, step=0):
        return self.values(
            teacher, student, labels=labels, index=index, step=step
        )

    def validate_model_compatibility(self, teacher, student):
        """Is asked by `keras.distillation.Distiller` at construction.

        There, every tap is the model's output.

        Raises:
            InputError: If the outputs cannot be compared.
        """
        if not self.built:
            self.setup(
                {n: teacher.outputs[0] for n in self.teacher_taps},
                {n: student.outputs[0] for n in self.student_taps},
            )

    def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        """Runs this loss inside `keras.distillation.Distiller`."""
        teacher = {name: teacher_outputs for name in self.teacher_taps}
        student = {name: student_outputs for name in self.student_taps}
        return ops.mean(self(teacher, student)) * self.weight(0)

    def get_config(self):
        config = super().get_config()
        weight = keras.saving.serialize_keras_object(self.weight)
        return {**config, "weight": weight}


def show_to_parts(whole, parts):
    """Lets a loss that holds others adapt, where some of these do.

    A `tfkd.distillers.AdaptingDistiller` shows the data to losses that have
    an `adapt` or an `adapt_to_both`.

    Args:
        whole: The loss; gets what its parts have of the two.
        parts: The losses that it holds.
    """
    for name in ("adapt", "adapt_to_both"):
        found = [getattr(part, name) for part in parts if hasattr(part, name)]
        if found:
            setattr(whole, name, _all(found))


def _all(functions):
    def call(*arguments):
        for function in functions:
            function(*arguments)

    return call
