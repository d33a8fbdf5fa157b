"""A layer on the teacher that learns to say what the teacher says."""

import keras
from keras import layers
from keras import ops

from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss

SIGHT = "layer"


@keras.saving.register_keras_serializable("tfkd")
class TeacherLayer(KDLoss):
    """Losses that see the teacher through a trained layer.

    The student must not pull the layer to what is easy to follow: the layer
    learns from the teacher alone, and the losses hold it.

    Equation:  L = sum_k w_k L_k(TF(F_t), F_s)
                     + KL(softmax(z_t) || softmax(h(TF(F_t)))),
               TF(F_t) a constant in the first term
    Symbols:   F_t tap or taps of the teacher; TF = `layer`; z_t (batch,
               classes) the teacher's logits; h the mean over positions and
               a dense layer, trained with TF; w_k, L_k weight and value of
               `parts`. In nats.

    Args:
        layer: TF, a `tfkd.transforms.Transform`.
        teacher_tap: Name or tuple of names of F_t.
        parts: `KDLoss`es without labels whose teacher tap is `"layer"`, and
            no other.
        like: Name of a student's tap whose shape TF(F_t) takes, told to
            the layer by `match`; none if absent.
        answer_tap: Name of z_t.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If there is no part, or one reads another tap of the
            teacher, or z_t is no matrix.
    """

    def __init__(
        self,
        layer,
        *,
        teacher_tap,
        parts,
        like=None,
        answer_tap="logits",
        name="teacher_layer",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.layer = layer
        self.parts = list(parts)
        wrong = [p.name for p in self.parts if p.teacher_taps != (SIGHT,)]
        if not self.parts or wrong:
            raise InputError(
                "The parts of a TeacherLayer, at least one, must read the "
                f"teacher's tap {SIGHT!r} alone, received "
                f"{[p.name for p in self.parts]}, of which {wrong} do not."
            )
        one = isinstance(teacher_tap, str)
        self.teacher_tap = teacher_tap if one else tuple(teacher_tap)
        self.answer_tap = answer_tap
        self.like = like
        read = (teacher_tap,) if one else self.teacher_tap
        self.teacher_taps = tuple(dict.fromkeys((*read, answer_tap)))
        own = [tap for part in self.parts for tap in part.student_taps]
        self.student_taps = tuple(dict.fromkeys([*own, *([like] * bool(like))]))
        self.pairwise = any(part.pairwise for part in self.parts)
        self.needs_labels = any(part.needs_labels for part in self.parts)
        self.needs_index = any(part.needs_index for part in self.parts)

    def setup(self, teacher, student):
        answer = tuple(teacher[self.answer_tap].shape)
        if len(answer) != 2:
            raise InputError(
                f"The layer of {self.name!r} learns from logits (batch, "
                f"classes) of the teacher, received shape {answer}. Use a "
                "classifier."
            )
        if self.like is not None:
            self.layer.match(tuple(student[self.like].shape))
        symbolic = keras.tree.map_structure(
            lambda spec: keras.KerasTensor(
                tuple(spec.shape), self.compute_dtype
            ),
            self._taps(teacher),
        )
        sight = self.layer(symbolic)
        self.head = layers.Dense(
            answer[-1], dtype=self.dtype_policy, name="head"
        )
        self.head(_vector(sight))
        for part in self.parts:
            part.setup({SIGHT: sight}, student)
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        sight = self.layer(self._taps(teacher))
        total = softmax_kl(teacher[self.answer_tap], self.answer(sight))
        held = {SIGHT: ops.stop_gradient(sight)}
        for part in self.parts:
            value = part(held, student, labels=labels, index=index, step=step)
            total = total + ops.cast(part.weight(step), value.dtype) * value
        return total

    def answer(self, sight):
        """Returns h of what the layer made, `(batch, classes)`."""
        return self.head(_vector(sight))

    def _taps(self, teacher):
        if isinstance(self.teacher_tap, str):
            return teacher[self.teacher_tap]
        return [teacher[name] for name in self.teacher_tap]

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "layer": serialize(self.layer),
            "teacher_tap": self.teacher_tap,
            "parts": serialize(self.parts),
            "like": self.like,
            "answer_tap": self.answer_tap,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("layer", "parts"):
            config[key] = keras.saving.deserialize_keras_object(config[key])
        return cls(**config)


def _vector(x):
    """The mean over positions, `(batch, channels)`."""
    if len(x.shape) == 2:
        return x
    return ops.mean(x, axis=tuple(range(1, len(x.shape) - 1)))
