"""Several teachers at once."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import shares
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.teachers.members import JointTeacher

_FUSIONS = ("probabilities", "logits")


@keras.saving.register_keras_serializable("tfkd")
class EnsembleTeacher(JointTeacher):
    """Provides every teacher's taps, and their mean under the plain name.

    The tap `"2/stage1"` is `"stage1"` of the third teacher. The plain tap
    `"logits"` is a weighted mean over teachers (survey Eqns 23-24), of
    probabilities (returned as log-probabilities, which are logits of the
    mean) or of logits; any other plain tap is the weighted mean of taps.

    Equation:  p = sum_i g_i softmax(z_i), sum_i g_i = 1

    Args:
        teachers: `keras.Model`s or `Teacher`s of the same classes.
        weights: g, one number >= 0 a teacher; equal if absent. Normalized.
        fuse: `"probabilities"` or `"logits"`.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If there is no teacher, or weights do not fit.
    """

    def __init__(
        self, teachers, *, weights=None, fuse="probabilities", **kwargs
    ):
        members = [
            member if isinstance(member, Teacher) else FrozenTeacher(member)
            for member in teachers
        ]
        super().__init__(members, **kwargs)
        if fuse not in _FUSIONS:
            raise unknown("fusion of teachers", fuse, _FUSIONS)
        weights = [1.0] * len(self.members) if weights is None else weights
        if not self.members or len(weights) != len(self.members):
            raise InputError(
                "An ensemble needs at least one teacher and one weight for "
                f"each, received {len(self.members)} teachers and weights "
                f"{list(weights)}."
            )
        self.weights_ = shares(
            "weights of teachers", weights, len(self.members)
        )
        self.fuse = fuse

    def reads_from_student(self, taps):
        read = (
            member.reads_from_student(self._member_taps(i, taps))
            for i, member in enumerate(self.members)
        )
        return tuple(dict.fromkeys(name for names in read for name in names))

    def connect(self, taps, student):
        asked = [self._member_taps(i, taps) for i in range(len(self.members))]
        specs = [
            member.connect(names, student)
            for member, names in zip(self.members, asked)
        ]
        found = {name: self._spec(name, specs) for name in taps}
        self.ask_for(taps)
        self.built = True
        return found

    def _member_taps(self, index, taps):
        """Of these taps those of one member: its own, and every plain one."""
        names = []
        for name in taps:
            member, _, tap = name.partition("/")
            if not member.isdigit():
                names.append(name)
            elif int(member) >= len(self.members):
                raise unknown(
                    "teacher of the ensemble",
                    member,
                    range(len(self.members)),
                )
            elif int(member) == index:
                names.append(tap)
        return tuple(dict.fromkeys(names))

    def _spec(self, name, specs):
        member, _, tap = name.partition("/")
        if member.isdigit():
            return specs[int(member)][tap]
        shapes = {tuple(found[name].shape) for found in specs}
        if len(shapes) > 1:
            raise InputError(
                f"The tap {name!r} cannot be averaged over teachers: its "
                f"shapes differ, {sorted(shapes, key=str)}. Read one "
                f"teacher's as '0/{name}'."
            )
        return keras.KerasTensor(specs[0][name].shape, "float32")

    def call(self, inputs, student=None, step=0):
        found = [
            member(inputs, student=student, step=step)
            for member in self.members
        ]
        result = {}
        for name in self.asked:
            member, _, tap = name.partition("/")
            if member.isdigit():
                result[name] = found[int(member)][tap]
            else:
                result[name] = self._mean(name, [f[name] for f in found])
        return result

    def _mean(self, name, tensors):
        mean_probabilities = name == "logits" and self.fuse == "probabilities"
        # Teachers may answer in different precisions.
        tensors = [ops.cast(tensor, "float32") for tensor in tensors]
        total = 0.0
        if mean_probabilities:
            # log sum_i g_i p_i, in log space.
            terms = [
                ops.log_softmax(t, axis=-1) + ops.log(w)
                for t, w in zip(tensors, self.weights_)
            ]
            return ops.logsumexp(ops.stack(terms), axis=0)
        for tensor, weight in zip(tensors, self.weights_):
            total = total + weight * tensor
        return total

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "teachers": serialize(list(self.members)),
            "weights": self.weights_,
            "fuse": self.fuse,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        teachers = keras.saving.deserialize_keras_object(config["teachers"])
        return cls(**{**config, "teachers": teachers})
