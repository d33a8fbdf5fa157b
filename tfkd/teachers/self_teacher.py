"""A network that teaches itself: exits, branches, peers of one step."""

import keras

from tfkd.taps import Extractor
from tfkd.teachers.base import Teacher


@keras.saving.register_keras_serializable("tfkd")
class SelfTeacher(Teacher):
    """Provides taps of the very network that is trained, without gradient.

    The deepest exit teaches the shallower ones, a gated ensemble its
    branches, a peer its peers: all in the student's one forward pass.
    """

    def reads_from_student(self, taps):
        return tuple(taps)

    def connect(self, taps, student):
        self.ask_for(taps)
        self.built = True
        # A loss of the network alone, without a target, asks for no tap.
        return Extractor(student, taps).specs if taps else {}

    def call(self, inputs, student=None, step=0):
        return {name: student[name] for name in self.asked if name in student}
