"""Two networks of two views share a classifier, and their pairs align."""

import keras
from keras import ops

from tfkd import checks
from tfkd import schedules
from tfkd import taps
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.pair_ranking import PairRanking
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class AlignedViews(PairRanking):
    """The student's partner follows the teacher, and pairs rank first.

    Equation:  L_i = T^2 KL(softmax(z_i / T) || softmax(h(t_i) / T))
                     + r R_i(s, t)
    Symbols:   z (batch, classes) the teacher's logits; s, t (batch, features)
               embeddings of the student and of its partner, see `TwoViews`;
               h the student's own classifier, which both share; R see
               `PairRanking`; r = `ranking`; T = `temperature`. In nats.
    Paper:     Aytar, Vondrick & Torralba, *See, Hear, and Read: Deep Aligned
               Representations*, 2017, arXiv:1706.00932.

    Args:
        logits_tap: Name of z.
        ranking: r >= 0.
        temperature: T > 0, a number or schedule.
        kind: See `PairRanking`.
        measure: See `PairRanking`.
        **kwargs: See `PairRanking`.

    Raises:
        InputError: If the student has no classifier of the embedding, or of
            the teacher's classes.
    """

    def __init__(
        self,
        *,
        logits_tap="logits",
        ranking=1.0,
        temperature=1.0,
        kind="hinge",
        measure="cosine",
        name="aligned_views",
        **kwargs,
    ):
        super().__init__(kind=kind, measure=measure, name=name, **kwargs)
        checks.not_negative(ranking=ranking)
        self.teacher_taps = (self.teacher_taps[0], logits_tap)
        self.ranking = ranking
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        # The student trains and saves it.
        self._shared = Untracked(head=None)

    def attach(self, teacher, student):
        self._shared.head = taps.classifier(student)

    def setup(self, teacher, student):
        super().setup(teacher, student)
        kernel = tuple(self._shared.head.kernel.shape)
        logits = tuple(teacher[self.teacher_taps[1]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if kernel != (own[-1], logits[-1]) or len(own) != 2:
            raise InputError(
                f"The classifier that {self.name!r} shares must map the "
                "embedding to the teacher's classes, received a kernel of "
                f"shape {kernel}, an embedding of {own} and the teacher's "
                f"logits of {logits}. Name the tap before the student's "
                "classifier."
            )

    def values(self, teacher, student, *, labels, index, step):
        theirs = self.embedded(teacher)
        own = student[self.student_taps[0]]
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        logits = ops.cast(self._shared.head(theirs), self.compute_dtype)
        target = teacher[self.teacher_taps[1]]
        divergence = softmax_kl(target / temperature, logits / temperature)
        return ops.square(temperature) * divergence + (
            self.ranking * self.pair_values(theirs, own, labels, step)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "logits_tap": self.teacher_taps[1],
            "ranking": self.ranking,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }
