"""Soft targets, group by group until the student is as good."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.losses.labels import right_answers
from tfkd.losses.masking import mean_where

# Of a class that is not among the likeliest; exp of it is 0.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class SelectiveTargets(KDLoss):
    """Labels and the likeliest classes of a teacher, which a gate weighs.

    Equation:  L = mean over positions of (1 - g) H(y, softmax(z_s))
                   + g T^2 KL(softmax(z_t[K] / T) || softmax(z_s / T)) ,
               g = l 1[A_s < A_t + d] of the example's group
    Symbols:   z_t, z_s (batch, ..., classes) logits; y labels (batch, ...),
               -1 where there is none, which counts nothing; z_t[K] the K =
               `top` largest logits, the others at no probability; A_s, A_t
               the shares of the group's labels that student and teacher get
               right: moving averages over batches, that forget by m =
               `momentum` a batch; d = `margin`; l = `imitation`;
               T = `temperature`. In nats.
    Paper:     Tan, Ren, He, Qin, Zhao & Liu, *Multilingual Neural Machine
               Translation with Knowledge Distillation*, ICLR 2019,
               arXiv:1902.10461.

    Every call moves the averages, whose sums are state and saved. g is that
    before the batch, and l in a group of which nothing was seen.

    Args:
        groups: Number of groups.
        group_tap: Name of a tap of the teacher: the number of each example's
            group, `(batch,)`; all are of one group if `None`.
        top: K >= 1; all classes if absent.
        imitation: l in [0, 1].
        margin: d, how much better the student must be; with `inf`, g = l
            always.
        momentum: m in [0, 1).
        temperature: T > 0, a number or schedule.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or the logits cannot be
            compared.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        groups=1,
        group_tap="member",
        top=None,
        imitation=0.9,
        margin=0.0,
        momentum=0.99,
        temperature=1.0,
        teacher_tap="logits",
        student_tap="logits",
        name="selective_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.supports_masking = True
        if (
            groups < 1
            or not (top is None or top >= 1)
            or not 0 <= imitation <= 1
            or not 0 <= momentum < 1
        ):
            raise InputError(
                "Selective targets need groups >= 1, top >= 1 or None, "
                "imitation in [0, 1] and momentum in [0, 1), received "
                f"groups={groups!r}, top={top!r}, imitation={imitation!r}, "
                f"momentum={momentum!r}."
            )
        self.groups = int(groups)
        self.top = None if top is None else int(top)
        self.imitation = float(imitation)
        self.margin = float(margin)
        self.momentum = float(momentum)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        if group_tap is None and groups != 1:
            raise InputError(
                "Without group_tap there is one group, received groups="
                f"{groups!r}. Name the tap of the examples' groups."
            )
        self.group_tap = group_tap
        self.teacher_taps = (teacher_tap,)
        if group_tap is not None:
            self.teacher_taps = (teacher_tap, group_tap)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if not compatible(theirs, own):
            raise InputError(
                "Selective targets need teacher and student to score the "
                f"same classes at the same positions, received {theirs} and "
                f"{own}. Give the student as many outputs."
            )
        # Right answers of the student, of the teacher; labels.
        self.sums = self.add_weight(
            (self.groups, 3), "zeros", trainable=False, name="sums"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        logits = student[self.student_taps[0]]
        if self.group_tap is None:
            numbers = ops.zeros(ops.shape(logits)[:1], "int32")
        else:
            numbers = ops.cast(teacher[self.group_tap], "int32")
        member = ops.one_hot(numbers, self.groups, dtype=logits.dtype)
        rows = label_rows(labels, logits, self.name)
        valid = _positions(ops.sum(rows, axis=-1) > 0)
        hard = -ops.sum(rows * ops.log_softmax(logits, axis=-1), axis=-1)
        temperature = ops.cast(self.temperature(step), logits.dtype)
        soft = ops.square(temperature) * softmax_kl(
            likeliest(target, self.top) / temperature, logits / temperature
        )
        gate = ops.matmul(member, self.gates()[:, None])
        mixed = (1.0 - gate) * _positions(hard) + gate * _positions(soft)
        self._follow(member, rows, logits, target)
        return mean_where(mixed, valid)

    def gates(self):
        """Returns g of every group, `(groups,)`."""
        sums = ops.convert_to_tensor(self.sums)
        own, theirs, count = ops.unstack(sums, 3, axis=1)
        seen = count > 0
        share = (own - theirs) / ops.where(seen, count, ops.ones_like(count))
        learns = ops.logical_or(share < self.margin, ~seen)
        return self.imitation * ops.cast(learns, self.sums.dtype)

    def _follow(self, member, rows, logits, target):
        counts = [
            ops.sum(_positions(right), axis=-1)
            for right in (
                right_answers(logits, rows),
                right_answers(target, rows),
                ops.sum(rows, axis=-1),
            )
        ]
        batch = ops.matmul(ops.transpose(member), ops.stack(counts, axis=1))
        batch = ops.cast(ops.stop_gradient(batch), self.sums.dtype)
        self.sums.assign(
            self.momentum * self.sums + (1.0 - self.momentum) * batch
        )

    def compute_mask(self, inputs, previous_mask):
        """Returns no mask: labels say which positions count."""

    def get_config(self):
        return {
            **super().get_config(),
            "groups": self.groups,
            "group_tap": self.group_tap,
            "top": self.top,
            "imitation": self.imitation,
            "margin": self.margin,
            "momentum": self.momentum,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def likeliest(logits, top):
    """Returns logits of which all but the `top` largest have no chance."""
    if top is None or top >= logits.shape[-1]:
        return logits
    largest, _ = ops.top_k(logits, top)
    never = _NEVER * ops.ones_like(logits)
    return ops.where(logits >= largest[..., -1:], logits, never)


def _positions(x):
    """Makes `(batch, positions)` of `(batch, ...)`."""
    return ops.reshape(x, (ops.shape(x)[0], -1))
