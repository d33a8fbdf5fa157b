"""The survey's Eqn 10 as an object."""

import keras

from tfkd import distances
from tfkd import transforms
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class FeatureMatch(KDLoss):
    """A distance between transformed taps of teacher and student.

    Equation:  L = D(TF_t(F_t), TF_s(F_s))                  (survey Eqn 10)
    Symbols:   F_t, F_s = the taps; TF_t, TF_s = the transforms;
               D = `distance`, one value per example.

    Args:
        teacher_tap: Name of F_t, or a tuple of names: the transform is then
            called with a list of tensors.
        student_tap: Name or names of F_s, likewise.
        distance: D, a `tfkd.distances.Distance`; mean squared error if
            absent.
        teacher_transform: TF_t, a `tfkd.transforms.Transform`; the identity
            if absent.
        student_transform: TF_s, likewise. A `Regressor` here is told the
            teacher's shape and is trained with the student.
        **kwargs: See `KDLoss`.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        distance=None,
        teacher_transform=None,
        student_transform=None,
        name="feature_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = _names(teacher_tap)
        self.student_taps = _names(student_tap)
        self.distance = distance or distances.LpDistance()
        self.teacher_transform = teacher_transform or transforms.Identity()
        self.student_transform = student_transform or transforms.Identity()
        self.pairwise = any(
            part.pairwise
            for part in (
                self.distance,
                self.teacher_transform,
                self.student_transform,
            )
        )

    def setup(self, teacher, student):
        teacher_shape = _build(
            self.teacher_transform, _pick(teacher, self.teacher_taps)
        )
        self.student_transform.match(teacher_shape)
        student_shape = _build(
            self.student_transform, _pick(student, self.student_taps)
        )
        self.distance.validate(teacher_shape, student_shape)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        return self.distance.call(
            self.teacher_transform(_pick(teacher, self.teacher_taps)),
            self.student_transform(_pick(student, self.student_taps)),
        )

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "teacher_tap": _only(self.teacher_taps),
            "student_tap": _only(self.student_taps),
            "distance": serialize(self.distance),
            "teacher_transform": serialize(self.teacher_transform),
            "student_transform": serialize(self.student_transform),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("distance", "teacher_transform", "student_transform"):
            config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)


def _names(tap):
    return (tap,) if isinstance(tap, str) else tuple(tap)


def _pick(taps, names):
    return _only([taps[name] for name in names])


def _only(values):
    """The one element of a list, or the list where it has several."""
    return values[0] if len(values) == 1 else list(values)


def _build(transform, tensors):
    """Builds a transform and returns the shape of its result."""
    symbolic = keras.tree.map_structure(
        lambda t: keras.KerasTensor(tuple(t.shape), transform.compute_dtype),
        tensors,
    )
    return tuple(transform(symbolic).shape)
