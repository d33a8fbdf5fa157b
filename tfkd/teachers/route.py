"""A teacher at several times of its own training."""

import os

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.teachers.members import JointTeacher


@keras.saving.register_keras_serializable("tfkd")
class RouteTeacher(JointTeacher):
    """Anchors on a teacher's route, one after the other as training goes on.

    Equation:  teacher at step k = anchor min(k // n, anchors - 1)
    Symbols:   n = `interval_steps`; k counts optimizer steps from 0.
    Paper:     Jin et al., *Knowledge Distillation via Route Constrained
               Optimization*, ICCV 2019, arXiv:1904.09149.

    Only the current anchor runs.

    Args:
        anchors: Checkpoints from early to converged, at least one:
            `keras.Model`s, paths of `.keras` files, or `FrozenTeacher`s.
        interval_steps: n >= 1.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If there is no anchor, or `interval_steps` is below 1.
    """

    def __init__(self, anchors, interval_steps, **kwargs):
        if not isinstance(anchors, (list, tuple)) or not anchors:
            raise InputError(
                "A route needs a list of at least one anchor, received "
                f"{anchors!r}. Pass the teacher's checkpoints in order."
            )
        checks.whole(1, interval_steps=interval_steps)
        super().__init__([_frozen(anchor) for anchor in anchors], **kwargs)
        self.interval_steps = int(interval_steps)

    def connect(self, taps, student):
        specs = [member.connect(taps, student) for member in self.members]
        for name in taps:
            shapes = [tuple(found[name].shape) for found in specs]
            if len(set(shapes)) > 1:
                raise InputError(
                    f"The tap {name!r} must have one shape in all anchors of "
                    f"a route, received {shapes}. Pass checkpoints of one "
                    "architecture."
                )
        self.built = True
        return specs[-1]

    def call(self, inputs, student=None, step=0):
        place = ops.cast(step, "int32") // self.interval_steps
        return ops.switch(
            ops.minimum(place, len(self.members) - 1),
            # An anchor is a function of the inputs alone.
            [_reader(member, student, step) for member in self.members],
            inputs,
        )

    def get_config(self):
        anchors = keras.saving.serialize_keras_object(list(self.members))
        return {
            **super().get_config(),
            "anchors": anchors,
            "interval_steps": self.interval_steps,
        }

    @classmethod
    def from_config(cls, config):
        anchors = keras.saving.deserialize_keras_object(config["anchors"])
        return cls(**{**config, "anchors": anchors})


def _frozen(anchor):
    if isinstance(anchor, Teacher):
        return anchor
    if isinstance(anchor, (str, os.PathLike)):
        model = keras.saving.load_model(anchor, compile=False, safe_mode=True)
        return FrozenTeacher(model, path=os.fspath(anchor))
    return FrozenTeacher(anchor)


def _reader(member, student, step):
    return lambda inputs: member(inputs, student=student, step=step)
