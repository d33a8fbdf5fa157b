"""The best of several peers teaches the others, now and then."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class BestPeerTargets(KDLoss):
    """Periodic soft targets of the peer that errs least.

    Equation:  L = sum_i KL(softmax(z_k) || softmax(z_i)) at steps t with
               t mod P >= P - N, else 0 ;
               k = argmin_i e_i, chosen at t mod P = P - N and kept ;
               e_i <- m e_i + (1 - m) H(y, softmax(z_i)) at every step
    Symbols:   z_i (batch, classes) logits of peer i, z_k a constant; y
               labels, the mean over those that are known; P = `period_steps`;
               N = `distilled_steps`; m = `momentum`, at most the share
               t / (t + 1) of a plain average. In nats.

    Args:
        taps: Names of the peers' logits, at least two; those of the teacher
            are the same names of a `tfkd.teachers.SelfTeacher`.
        period_steps: P >= N.
        distilled_steps: N >= 1.
        momentum: m in [0, 1).
        **kwargs: See `KDLoss`.

    Attributes:
        errors: Variable of the e_i, after `setup`.
        best: Variable of k.

    Raises:
        InputError: If there are too few peers, logits differ in shape, or a
            number is out of range.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        taps,
        period_steps,
        distilled_steps,
        momentum=0.99,
        name="best_peer",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if len(set(taps)) < max(2, len(taps)):
            raise InputError(
                "BestPeerTargets needs the logits of at least two different "
                f"peers, received taps {list(taps)}."
            )
        counts = (distilled_steps, period_steps)
        if any(int(n) != n for n in counts) or not (
            1 <= distilled_steps <= period_steps and 0 <= momentum < 1
        ):
            raise InputError(
                "Peers are distilled in whole numbers 1 <= distilled_steps <= "
                "period_steps of steps, and momentum is in [0, 1); received "
                f"distilled_steps={distilled_steps!r}, "
                f"period_steps={period_steps!r}, momentum={momentum!r}."
            )
        self.teacher_taps = self.student_taps = tuple(taps)
        self.period_steps = int(period_steps)
        self.distilled_steps = int(distilled_steps)
        self.momentum = float(momentum)

    def setup(self, teacher, student):
        shapes = [tuple(student[name].shape) for name in self.student_taps]
        if not all(compatible(shapes[0], shape) for shape in shapes):
            raise InputError(
                "Peers teach each other the same actions or classes, received "
                f"logits of shapes {shapes}."
            )
        count = len(shapes)
        self.errors = self.add_weight(
            (count,), "zeros", trainable=False, name="errors"
        )
        self.best = self.add_weight(
            (), "zeros", dtype="int32", trainable=False, name="best"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        step = ops.cast(step, "int32")
        names = self.student_taps
        answers = [teacher[name] for name in names]
        self._compare(answers, labels, step)
        phase = step % self.period_steps
        start = self.period_steps - self.distilled_steps
        best = ops.where(
            phase == start,
            ops.cast(ops.argmin(self.errors), "int32"),
            ops.convert_to_tensor(self.best),
        )
        self.best.assign(best)
        chosen = ops.one_hot(best, len(names), dtype=answers[0].dtype)
        target = sum(chosen[i] * logits for i, logits in enumerate(answers))
        total = sum(
            (1.0 - chosen[i]) * softmax_kl(target, student[name])
            for i, name in enumerate(names)
        )
        return per_example(total) * ops.cast(phase >= start, total.dtype)

    def _compare(self, answers, labels, step):
        """Moves the averages of errors, where a label is known."""
        rows = label_rows(labels, answers[0], self.name)
        known = ops.sum(rows)
        found = ops.stack(
            [-ops.sum(rows * ops.log_softmax(z, axis=-1)) for z in answers]
        )
        found = found / ops.maximum(known, 1e-6)
        share = ops.cast(step, found.dtype)
        keep = ops.minimum(self.momentum, share / (share + 1.0))
        before = ops.convert_to_tensor(self.errors)
        moved = keep * before + (1.0 - keep) * found
        self.errors.assign(ops.where(known > 0, moved, before))

    def get_config(self):
        return {
            **super().get_config(),
            "taps": list(self.student_taps),
            "period_steps": self.period_steps,
            "distilled_steps": self.distilled_steps,
            "momentum": self.momentum,
        }
