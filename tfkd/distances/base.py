"""What every distance is."""

import keras

from tfkd.errors import InputError


class Distance(keras.losses.Loss):
    """A value per example for a teacher's and a student's tensor.

    Subclasses implement `call(teacher, student)`, returning `(batch,)`.

    Args:
        name: Name of the distance.
        reduction: Keras' reduction over examples, when the distance is used
            as a Keras loss.
        dtype: Precision of the computation, whatever the models' policy.
    """

    # Whether both tensors must have the same shape.
    same_shape = True
    # Whether it relates the examples of a batch.
    pairwise = False

    def __init__(
        self, name=None, reduction="sum_over_batch_size", dtype="float32"
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}

    def validate(self, teacher_shape, student_shape):
        """Checks shapes `(batch, ...)`; unknown sizes match any size.

        Raises:
            InputError: If the shapes cannot be compared.
        """
        if self.same_shape and not compatible(teacher_shape, student_shape):
            raise InputError(
                f"{type(self).__name__} compares tensors of one shape, "
                f"received teacher {tuple(teacher_shape)} and student "
                f"{tuple(student_shape)} after their transforms. Give the "
                "student a transform such as tfkd.transforms.Regressor(), "
                "or choose other taps."
            )


def compatible(first, second):
    """Whether two shapes can be equal; `None` matches any size."""
    return len(first) == len(second) and all(
        a is None or b is None or a == b for a, b in zip(first, second)
    )
