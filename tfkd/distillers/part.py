"""Trainings of one part of a student, while the rest stays as it is."""

import keras

from tfkd import taps
from tfkd.distillers.distiller import Distiller
from tfkd.distillers.task_trainer import TaskTrainer
from tfkd.errors import InputError
from tfkd.models.trainable import only_trainable
from tfkd.untracked import Untracked


class _Part:
    """Freezes what lies outside the part while `fit` runs."""

    def _choose(self, start, end):
        """Finds the layers behind the tap `end` and not behind `start`."""
        self.start, self.end = start, end
        known = [] if start is None else taps.layers_of(self.student, start)
        known = {id(layer) for layer in known}
        found = taps.layers_of(self.student, end or "outputs")
        found = [layer for layer in found if id(layer) not in known]
        if not any(layer.trainable_variables for layer in found):
            raise InputError(
                f"Between the taps {start or 'input'!r} and "
                f"{end or 'outputs'!r} of the student {self.student.name!r} "
                "there must be a layer to train, and there is none with "
                "trainable weights. Name taps in the order of the graph."
            )
        self._layers_of_part = Untracked(found=found)

    def _alone(self):
        return only_trainable(self.student, self._layers_of_part.found)

    def get_compile_config(self):
        with self._alone():
            return super().get_compile_config()

    def compile_from_config(self, config):
        # The optimizer that was saved knows the weights of the part.
        with self._alone():
            super().compile_from_config(config)

    def fit(self, *args, **kwargs):
        """Trains the part, as `keras.Model.fit`."""
        with self._alone():
            return super().fit(*args, **kwargs)

    def train_on_batch(self, *args, **kwargs):
        """Trains the part, as `keras.Model.train_on_batch`."""
        with self._alone():
            return super().train_on_batch(*args, **kwargs)


@keras.saving.register_keras_serializable("tfkd")
class PartDistiller(_Part, Distiller):
    """A `Distiller` that trains the layers between two taps of the student.

    All others are frozen while `fit` runs: batch normalizations among them
    use and keep their statistics.

    Args:
        student: A functional or built Sequential model.
        start: Tap of the student before the part; its input if absent.
        end: Tap of the student at the end of the part; its output if absent.
        **kwargs: See `Distiller`.

    Raises:
        InputError: If there is nothing to train between the taps.
    """

    def __init__(self, *, student, start=None, end=None, **kwargs):
        super().__init__(student=student, **kwargs)
        self._choose(start, end)

    def parts(self):
        return {**super().parts(), "start": self.start, "end": self.end}


class PartTrainer(_Part, TaskTrainer):
    """Trains the layers between two taps of a student on the task alone.

    Args:
        student: A functional or built Sequential model.
        start: Tap before the part; the student's input if absent.
        end: Tap at the end of the part; the student's output if absent.
        name: Name of the model.

    Raises:
        InputError: If there is nothing to train between the taps.
    """

    def __init__(self, *, student, start=None, end=None, name="part"):
        super().__init__(name=name)
        self.student = student
        self._choose(start, end)
        self.built = True
