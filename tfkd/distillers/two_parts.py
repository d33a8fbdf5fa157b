"""Training of a student's front first, and of what lies behind it later."""

import keras

from tfkd import checks
from tfkd import taps
from tfkd.distillers.adapting import AdaptingDistiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.models.trainable import only_trainable
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class TwoPartDistiller(AdaptingDistiller):
    """Trains a student up to a tap, then freezes it and trains the rest.

    For the first `steps` updates only the layers before the tap move, after
    them only those behind. What does not move keeps its statistics of batch
    normalization and uses them. Updates are counted by the optimizer, so that
    a training that goes on, or was loaded, goes on in its part. Weights of
    losses and of parts of a larger network move in both.

    TensorFlow only.

    Args:
        student: A functional or built Sequential model.
        end: Tap of the student where its first part ends.
        steps: Updates of the first part, at least 1.
        **kwargs: See `AdaptingDistiller`.

    Raises:
        InputError: If a part has nothing to train, steps are no whole number
            >= 1, or several steps in one execution cross from the first part
            to the second.
    """

    def __init__(self, *, student, end, steps, **kwargs):
        require_tensorflow("TwoPartDistiller")
        super().__init__(student=student, **kwargs)
        checks.whole(1, steps=steps)
        self.end, self.steps = end, int(steps)
        first = taps.layers_of(student, end)
        known = {id(layer) for layer in first}
        second = [
            layer
            for layer in taps.layers_of(student, "outputs")
            if id(layer) not in known
        ]
        parts = (first, second)
        if not all(any(p.trainable_variables for p in part) for part in parts):
            raise InputError(
                f"Before and behind the tap {end!r} of the student "
                f"{student.name!r} there must be layers to train, received "
                f"{[p.name for p in first]} before it and "
                f"{[p.name for p in second]} behind it. Name a tap in the "
                "middle."
            )
        self._two = Untracked(layers=parts, functions=())

    def make_train_function(self, force=False):
        if self.train_function is not None and not force:
            return
        at_once = self.steps_per_execution
        if self.steps % at_once:
            raise InputError(
                "The first part must end where an execution does, received "
                f"{self.steps} steps and steps_per_execution={at_once}. "
                "Choose a multiple."
            )
        functions = []
        for _ in self._two.layers:
            # Each is traced when it runs first, with its own part trainable.
            super().make_train_function(force=True)
            functions.append(self.train_function)
        self._two.functions = tuple(functions)
        self.train_function = self._run

    def _run(self, iterator):
        """Trains the part whose turn it is."""
        part = int(self.optimizer.iterations >= self.steps)
        with only_trainable(self.student, self._two.layers[part]):
            return self._two.functions[part](iterator)

    def parts(self):
        return {**super().parts(), "end": self.end, "steps": self.steps}
