"""A student that learns while it watches, from a teacher that is slow."""

import dataclasses

import keras
import numpy as np
from keras import ops

from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError


@dataclasses.dataclass(frozen=True)
class StreamLog:
    """What happened while a student watched.

    Attributes:
        outputs: The student's answer to every frame, `(frames, ...)`.
        asked: Numbers of the frames that the teacher saw, from 0.
        steps: Updates of the student after each of them.
        agreement: Mean IoU of both answers to each of them, after the
            updates where those are made at once; another measure where the
            plan says so.
    """

    outputs: np.ndarray
    asked: tuple
    steps: tuple
    agreement: tuple


@keras.saving.register_keras_serializable("tfkd")
class StreamDistiller(Distiller):
    """A `Distiller` whose student can go on to learn from a stream.

    `fit` trains on batches, as in any other: what was learned before the
    stream. `watch` shows frames one after the other, asks the teacher for
    some of them only, and updates the student as its plan says. The teacher's
    answer to a frame is computed once.

    Args:
        plan: What decides when, such as `tfkd.distillers.AdaptiveStride`.
        **kwargs: See `Distiller`; the losses read the teacher's `"logits"`.

    Raises:
        InputError: If no loss does.
    """

    def __init__(self, *, plan, **kwargs):
        super().__init__(**kwargs)
        if "logits" not in self.teacher_taps:
            raise InputError(
                "What is learned from a stream are the teacher's answers: a "
                "loss must read its tap 'logits', received losses of the taps "
                f"{list(self.teacher_taps)}. Add tfkd.losses.SoftTargets()."
            )
        self.plan = plan

    def watch(self, frames):
        """Lets the student answer to every frame, and learn on the way.

        Args:
            frames: Inputs without a batch axis, one after the other: an
                array, a list or another iterable.

        Returns:
            A `StreamLog`.

        Raises:
            InputError: If the model is not compiled, or there is no frame.
        """
        if not self.compiled:
            raise InputError("Call compile(...) before watch(...).")
        log = self.plan.watch(self, frames)
        if not len(log.outputs):
            raise InputError(
                "A stream needs at least one frame, received none."
            )
        return log

    def ask(self, x):
        """Returns the teacher's taps for a batch, as arrays."""
        taps = self.teacher(ops.convert_to_tensor(x), student=None, step=0)
        return {name: np.asarray(tap) for name, tap in taps.items()}

    def learn(self, x, answers):
        """Updates the student once, from answers that are known.

        Args:
            x: A batch of frames.
            answers: What `ask` returned for it.
        """
        self.train_on_batch({"student": x, "cached": answers})

    def _task_loss(self, x, y, y_pred, sample_weight, step):
        if y is None:
            # A frame of a stream has no label, whatever the task counts.
            return self._regularization()
        return super()._task_loss(x, y, y_pred, sample_weight, step)

    def answer(self, x):
        """Returns the student's answers to a batch, an array."""
        return np.asarray(self.predict_on_batch(x))

    def parts(self):
        plan = keras.saving.serialize_keras_object(self.plan)
        return {**super().parts(), "plan": plan}


def agreement(teacher, student):
    """Returns the mean IoU of two answers, over classes that occur.

    Args:
        teacher: Logits `(..., classes)`, an array.
        student: Logits or probabilities of the same shape.
    """
    first, second = np.argmax(teacher, axis=-1), np.argmax(student, axis=-1)
    ratios = [
        np.sum((first == label) & (second == label))
        / np.sum((first == label) | (second == label))
        for label in np.union1d(first, second)
    ]
    return float(np.mean(ratios))
