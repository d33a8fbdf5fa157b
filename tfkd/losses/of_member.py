"""A loss of the examples that belong to one of several teachers."""

import keras
from keras import ops

from tfkd import checks
from tfkd.losses.base import KDLoss
from tfkd.losses.base import show_to_parts


@keras.saving.register_keras_serializable("tfkd")
class OfMember(KDLoss):
    """Another loss, of the examples whose teacher has a certain number.

    Equation:  L = 1[n = k] L'
    Symbols:   n (batch,) the number of each example's teacher, the tap
               `"member"` of a `tfkd.teachers.NumberedMemberTeacher`; k =
               `member`; L' = `part`, its weight included.

    Args:
        part: L', a `KDLoss`.
        member: k, a whole number from 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If k is no such number.
    """

    def __init__(self, part, *, member, name="of_member", **kwargs):
        super().__init__(name=name, **kwargs)
        checks.whole(
            0, member=member, hint="It is a teacher's place in its list."
        )
        self.part = part
        self.member = int(member)
        self.teacher_taps = (*part.teacher_taps, "member")
        self.student_taps = part.student_taps
        self.needs_labels = part.needs_labels
        self.needs_index = part.needs_index
        self.pairwise = part.pairwise
        show_to_parts(self, [part])

    def attach(self, teacher, student):
        self.part.attach(teacher, student)

    def setup(self, teacher, student):
        self.part.setup(teacher, student)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        values = self.part(
            teacher, student, labels=labels, index=index, step=step
        )
        own = ops.cast(teacher["member"], "int32") == self.member
        weight = ops.cast(self.part.weight(step), values.dtype)
        return ops.where(own, weight * values, ops.zeros_like(values))

    def get_config(self):
        return {
            **super().get_config(),
            "part": keras.saving.serialize_keras_object(self.part),
            "member": self.member,
        }

    @classmethod
    def from_config(cls, config):
        part = keras.saving.deserialize_keras_object(config["part"])
        return cls(**{**config, "part": part})
