"""A partner that sees more of an example, and learns beside the student."""

import keras
from keras import ops

from tfkd import checks
from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.labels import label_rows
from tfkd.losses.masking import mean_where
from tfkd.losses.two_views import TwoViews


@keras.saving.register_keras_serializable("tfkd")
class PartnerTargets(TwoViews):
    """Soft targets of a partner that learns the same labels from its view.

    Equation:  L = mean over positions of p H(y, softmax(z_p))
                   + T^2 KL(softmax(z_p / T) || softmax(z_s / T))
    Symbols:   z_p = f(v) logits of the partner f of the view v, a constant in
               the second term; z_s the student's; both (batch, ...,
               classes); y labels, where there are any: positions of label -1
               count nothing; p = `partner_weight`; T = `temperature`. In
               nats.

    Args:
        partner: f, a `keras.Model` from the view, trained and saved with the
            loss.
        partner_weight: p >= 0.
        temperature: T > 0, a number or schedule.
        teacher_tap: Name of v.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the partner is no model, answers in another shape, or
            a number is out of range.
    """

    needs_labels = True
    pairwise = False

    def __init__(
        self,
        *,
        partner,
        partner_weight=1.0,
        temperature=1.0,
        teacher_tap="view",
        student_tap="logits",
        name="partner_targets",
        **kwargs,
    ):
        super().__init__(
            partner=partner,
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            name=name,
            **kwargs,
        )
        if not isinstance(partner, keras.Model):
            raise InputError(
                "PartnerTargets trains a partner that answers as the student "
                f"does, a keras.Model; received {type(partner).__name__}."
            )
        checks.not_negative(partner_weight=partner_weight)
        self.partner_weight = float(partner_weight)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )

    def setup(self, teacher, student):
        view = teacher[self.teacher_taps[0]]
        theirs = tuple(
            self.partner(keras.KerasTensor(tuple(view.shape), view.dtype)).shape
        )
        own = tuple(student[self.student_taps[0]].shape)
        if len(own) < 2 or not compatible(theirs, own):
            raise InputError(
                f"{self.name!r} needs a partner that scores the same classes "
                f"at the same positions as the student, received {theirs} "
                f"and {own}. Give it as many outputs."
            )
        self.built = True

    def values(self, teacher, student, *, labels, index, step):
        theirs = self.partner(teacher[self.teacher_taps[0]], training=True)
        theirs = ops.cast(theirs, self.compute_dtype)
        own = student[self.student_taps[0]]
        rows = label_rows(labels, theirs, self.name)
        log_p = ops.log_softmax(theirs, axis=-1)
        hard = -ops.sum(rows * log_p, axis=-1)
        temperature = ops.cast(self.temperature(step), own.dtype)
        target = ops.stop_gradient(theirs)
        soft = ops.square(temperature) * softmax_kl(
            target / temperature, own / temperature
        )
        known = ops.sum(rows, axis=-1) > 0
        batch = ops.shape(own)[0]
        return mean_where(
            ops.reshape(self.partner_weight * hard + soft, (batch, -1)),
            ops.reshape(known, (batch, -1)),
        )

    def get_config(self):
        return {
            **super().get_config(),
            "partner_weight": self.partner_weight,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }
