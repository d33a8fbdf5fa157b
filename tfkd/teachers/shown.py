"""A trained network that sees what the student's network makes."""

import keras

from tfkd.teachers.frozen import FrozenTeacher


@keras.saving.register_keras_serializable("tfkd")
class ShownTeacher(FrozenTeacher):
    """A frozen model whose inputs are a tap of the network that is trained.

    Such as auxiliary inputs that the network makes of a batch: teacher and
    student see the very same.

    Args:
        model: A built `keras.Model`.
        source: Name of the student's tap.
        **kwargs: See `FrozenTeacher`.
    """

    # What is stored with an example says nothing of what is made of it.
    stochastic = True

    def __init__(self, model, *, source="auxiliary", **kwargs):
        super().__init__(model, **kwargs)
        self.source = source

    def reads_from_student(self, taps):
        return (self.source,)

    def call(self, inputs, student=None, step=0):
        return super().call(student[self.source])

    def get_config(self):
        return {**super().get_config(), "source": self.source}
