"""Of several teachers, each example learns from the one that is clearest."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import mean_square
from tfkd.transforms import Regressor
from tfkd.transforms.pooling import aligned


@keras.saving.register_keras_serializable("tfkd")
class SelectedTeacher(KDLoss):
    """Features and logits of the teacher with the least ambiguous answer.

    Equation:  L = sum_i g_i [ mean (z_i - z_s)^2
                               + sum_l mean (A_il F_il - B_il F_sl)^2 ]
                   + r sum_il mean_k (||A_il[:, k]||_2^2 - 1)^2,
               g_i = 1[i = argmin_j H(softmax(z_j))]
    Symbols:   z_i, z_s (batch, classes) logits of teacher i and of the
               student; H entropy; F_il, F_sl (batch, height, width, channels)
               maps of layer l; A_il, B_il 1x1 convolutions, trained, to half
               of the student's channels, at least one; r = `regularizer`.
    Paper:     Shen et al., *Customizing Student Networks From Heterogeneous
               Teachers via Adaptive Knowledge Amalgamation*, ICCV 2019,
               arXiv:1908.07121.

    The regularizer keeps A from vanishing, which would make all alike. Maps
    of other sizes are averaged to the smallest. Where several teachers are
    as clear, the first counts.

    Args:
        teachers: Number of teachers; their logits are `"0/logits"`, ....
        layers: `((("0/stage1", "1/stage1", ...), "stage1"), ...)`: the taps
            of the F_il, one a teacher, and that of F_sl.
        regularizer: r >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a layer has not one tap a teacher, a tap is no map, or
            logits differ in number.
    """

    def __init__(
        self,
        *,
        teachers,
        layers=(),
        regularizer=1.0,
        name="selected_teacher",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.layers = [(tuple(theirs), own) for theirs, own in layers]
        self.logit_taps = tuple(f"{i}/logits" for i in range(teachers))
        if not self.logit_taps or any(
            len(theirs) != len(self.logit_taps) for theirs, _ in self.layers
        ):
            raise InputError(
                "Each layer needs one tap of each teacher, received "
                f"{teachers} teachers and layers={self.layers}."
            )
        checks.not_negative(regularizer=regularizer)
        self.regularizer = float(regularizer)
        maps = [tap for theirs, _ in self.layers for tap in theirs]
        self.teacher_taps = (*self.logit_taps, *maps)
        self.student_taps = ("logits", *(own for _, own in self.layers))

    def setup(self, teacher, student):
        own = tuple(student["logits"].shape)
        shapes = {tuple(teacher[name].shape) for name in self.logit_taps}
        if shapes != {own}:
            raise InputError(
                "Teachers among whom one is selected must score the same "
                f"classes as the student, received logits {sorted(shapes)} "
                f"and {own}."
            )
        self.aligners = [
            self._aligners([*(teacher[t] for t in theirs), student[own]])
            for theirs, own in self.layers
        ]
        super().setup(teacher, student)

    def _aligners(self, taps):
        """The A_i and B_i of one layer."""
        *theirs, own = aligned(taps)
        units = max(1, own.shape[-1] // 2)
        pairs = [(tap, own) for tap in theirs]
        result = []
        for pair in pairs:
            layers = [Regressor(units, dtype=self.dtype_policy) for _ in pair]
            for layer, tap in zip(layers, pair):
                layer.build(tuple(tap.shape))
            result.append(layers)
        return result

    def values(self, teacher, student, *, labels, index, step):
        answers = [teacher[name] for name in self.logit_taps]
        gates = self.gates(answers)
        terms = [mean_square(z - student["logits"]) for z in answers]
        for (names, own), aligners in zip(self.layers, self.aligners):
            taps = aligned([*(teacher[n] for n in names), student[own]])
            for i, (theirs, ours) in enumerate(aligners):
                gap = theirs(taps[i]) - ours(taps[-1])
                terms[i] = terms[i] + mean_square(gap)
        chosen = sum(g * term for g, term in zip(gates, terms))
        return chosen + self.regularizer * self.penalty()

    def gates(self, answers):
        """Returns the g_i, each `(batch,)`."""
        log_p = [ops.log_softmax(z, axis=-1) for z in answers]
        entropy = [-ops.sum(ops.exp(p) * p, axis=-1) for p in log_p]
        best = ops.argmin(ops.stack(entropy), axis=0)
        return [
            ops.cast(best == i, self.compute_dtype) for i in range(len(answers))
        ]

    def penalty(self):
        """Distance of the columns of the A_il from unit length, a scalar."""
        kernels = [pair[0].kernel for pairs in self.aligners for pair in pairs]
        return sum(
            ops.mean(ops.square(ops.sum(ops.square(kernel), axis=0) - 1.0))
            for kernel in kernels
        )

    def get_config(self):
        return {
            **super().get_config(),
            "teachers": len(self.logit_taps),
            "layers": self.layers,
            "regularizer": self.regularizer,
        }
