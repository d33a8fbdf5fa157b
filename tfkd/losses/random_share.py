"""A loss of a random part of each batch."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.base import show_to_parts


@keras.saving.register_keras_serializable("tfkd")
class RandomShare(KDLoss):
    """Another loss, of examples that are drawn anew at each step.

    Equation:  L_b = B m_b L'_b / max(1, sum_b m_b),  m_b ~ Bernoulli(q)
    Symbols:   L' = `part`, its weight included; B examples of the batch, so
               that their mean is that over the m_b = 1; q = `share`.
    Paper:     Burda, Edwards, Storkey & Klimov, *Exploration by Random
               Network Distillation*, arXiv:1810.12894.

    Args:
        part: L', a `KDLoss`.
        share: q in (0, 1].
        seed: Of the draws.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the share is out of range.
    """

    def __init__(self, part, *, share, seed=0, name="random_share", **kwargs):
        super().__init__(name=name, **kwargs)
        if not 0 < share <= 1:
            raise InputError(
                f"share of a RandomShare must be in (0, 1], received {share!r}"
                ": drawn examples over all."
            )
        self.part = part
        self.share = float(share)
        self.seed = seed
        self.draws = keras.random.SeedGenerator(seed)
        self.teacher_taps = part.teacher_taps
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
        values = values * ops.cast(self.part.weight(step), values.dtype)
        drawn = keras.random.uniform(ops.shape(values), seed=self.draws)
        return mean_of(values, drawn < self.share)

    def get_config(self):
        return {
            **super().get_config(),
            "part": keras.saving.serialize_keras_object(self.part),
            "share": self.share,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        part = keras.saving.deserialize_keras_object(config["part"])
        return cls(**{**config, "part": part})


def mean_of(values, chosen):
    """Scales values so that their mean is that of those which are chosen.

    Args:
        values: `(batch,)`.
        chosen: Whether an example counts, `(batch,)`.

    Returns:
        `(batch,)`: 0 where an example does not count, or none does.
    """
    chosen = ops.cast(chosen, values.dtype)
    batch = ops.cast(ops.shape(values)[0], values.dtype)
    return batch * chosen * values / ops.maximum(ops.sum(chosen), 1.0)
