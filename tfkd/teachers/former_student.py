"""A student that has become a teacher."""

import keras

from tfkd.teachers.frozen import FrozenTeacher


@keras.saving.register_keras_serializable("tfkd")
class FormerStudent(FrozenTeacher):
    """Takes the place of the teacher that it has learned from.

    It sees what that teacher saw, such as an image without noise, where both
    read inputs of one shape; else it goes on seeing what students see, such
    as a smaller image. Stored answers that a batch carries are the other
    teacher's, and are left alone.

    Args:
        model: A built `keras.Model`.
        in_place_of: The teacher, a model or `Teacher`, or `None`.
        sees: `"teacher"` or `"student"`, which is otherwise found as above.
        **kwargs: See `FrozenTeacher`.
    """

    reads_stored = False

    def __init__(self, model, *, in_place_of=None, sees=None, **kwargs):
        super().__init__(model, **kwargs)
        self.sees = sees or _view(in_place_of, model)

    def get_config(self):
        return {**super().get_config(), "sees": self.sees}


def _view(teacher, student):
    model = getattr(teacher, "model", teacher)
    shape = getattr(model, "input_shape", None)
    known = shape is not None
    return "student" if known and shape != student.input_shape else "teacher"
