"""Where the student sees a class is where its teacher does."""

import keras
from keras import ops

from tfkd.distances import LpDistance
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class ExplanationMatch(KDLoss):
    """Distance of normalized Grad-CAM maps for the class the teacher answers.

    Equation:  L = D(E_t^k / ||E_t^k||_2, E_s^k / ||E_s^k||_2),
               k = argmax z_t
    Symbols:   E^k (height * width) Grad-CAM map of class k, see
               `tfkd.taps.derivatives`; z_t the teacher's logits; D =
               `distance`. A map that speaks for nothing is zero.

    Each class costs one backward pass of what follows the map, in both
    networks. Maps are averaged to the smaller size. TensorFlow only.

    Args:
        teacher_tap: Name of the map behind E_t.
        student_tap: Name of the map behind E_s.
        distance: D, a `tfkd.distances.Distance`; the squared length of the
            difference if absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a tap is no map of known size, or classes differ in
            number.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        distance=None,
        name="explanation_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (f"{teacher_tap}:gradcam", "logits")
        self.student_taps = (f"{student_tap}:gradcam",)
        self.distance = distance or LpDistance(reduce="sum")

    def setup(self, teacher, student):
        first = tuple(teacher[self.teacher_taps[0]].shape)
        second = tuple(student[self.student_taps[0]].shape)
        if not compatible(first[:2], second[:2]) or None in (
            *first[2:],
            *second[2:],
        ):
            raise InputError(
                "Explanations are compared class by class, in maps of known "
                "sizes, received shapes (batch, classes, height, width) "
                f"{first} of the teacher and {second} of the student. Give "
                "the student as many outputs, and both a fixed input size."
            )
        self.size = tuple(map(min, zip(first[2:], second[2:])))
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = teacher["logits"]
        chosen = ops.one_hot(
            ops.argmax(logits, axis=-1), logits.shape[-1], dtype=logits.dtype
        )
        return self.distance.call(
            self._map(teacher[self.teacher_taps[0]], chosen),
            self._map(student[self.student_taps[0]], chosen),
        )

    def _map(self, maps, chosen):
        one = ops.einsum("bkhw,bk->bhw", maps, chosen)
        return l2_normalize(flatten(average_to(one[..., None], self.size)))

    def get_config(self):
        taps = (self.teacher_taps[0], self.student_taps[0])
        first, second = (tap.removesuffix(":gradcam") for tap in taps)
        return {
            **super().get_config(),
            "teacher_tap": first,
            "student_tap": second,
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
