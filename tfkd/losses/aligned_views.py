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

    Equation:  L_i = K(z_i, t_i) + r R_i(s, t) ,
               with a `second` network of another modality also
                     + K(z'_i, t'_i) + K(z'_i, q_i) + r R_i(q, t') ;
               K(z, t) = T^2 KL(softmax(z / T) || softmax(h(t) / T))
    Symbols:   z (batch, classes) the teacher's logits; s, t (batch, features)
               embeddings of the student and of its partner, see `TwoViews`;
               z', t' the same for other examples of the partner's view, to
               which the inputs belong of which q is the embedding by
               `second`; h the student's own classifier, which all share; R
               see `PairRanking`; r = `ranking`; T = `temperature`. In nats.
    Paper:     Aytar, Vondrick & Torralba, *See, Hear, and Read: Deep Aligned
               Representations*, 2017, arXiv:1706.00932.

    Args:
        logits_tap: Name of z.
        second: Network to q, trained and saved with the student.
        second_taps: Names of its inputs, of what the partner sees to get t',
            and of z'.
        ranking: r >= 0.
        temperature: T > 0, a number or schedule.
        kind: See `PairRanking`.
        measure: See `PairRanking`.
        **kwargs: See `PairRanking`.

    Raises:
        InputError: If the student has no classifier of the embedding, or of
            the teacher's classes, or q is of another width.
    """

    def __init__(
        self,
        *,
        logits_tap="logits",
        second=None,
        second_taps=(),
        ranking=1.0,
        temperature=1.0,
        kind="hinge",
        measure="cosine",
        name="aligned_views",
        **kwargs,
    ):
        super().__init__(kind=kind, measure=measure, name=name, **kwargs)
        checks.not_negative(ranking=ranking)
        if (second is not None) != (len(second_taps) == 3):
            raise InputError(
                "A second network comes with the names of three taps, its "
                "inputs, the partner's and the teacher's logits; received "
                f"second={second!r} and second_taps={tuple(second_taps)!r}."
            )
        self.second, self.second_taps = second, tuple(second_taps)
        taps_of_both = (self.teacher_taps[0], logits_tap, *self.second_taps)
        self.teacher_taps = tuple(dict.fromkeys(taps_of_both))
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
        if self.second is None:
            return
        inputs, _, _ = (teacher[tap] for tap in self.second_taps)
        found = self.second(
            keras.KerasTensor(tuple(inputs.shape), inputs.dtype)
        )
        if tuple(found.shape) != own:
            raise InputError(
                f"All embeddings of {self.name!r} share one classifier, "
                f"received one of shape {tuple(found.shape)} by the second "
                f"network and one of {own} by the student. Name taps of one "
                "width."
            )

    def values(self, teacher, student, *, labels, index, step):
        theirs = self.embedded(teacher)
        own = student[self.student_taps[0]]
        target = teacher[self.teacher_taps[1]]
        value = self._divergence(target, theirs, step) + (
            self.ranking * self.pair_values(theirs, own, labels, step)
        )
        if self.second is None:
            return value
        inputs, view, target = (teacher[tap] for tap in self.second_taps)
        theirs = self.embedded({self.teacher_taps[0]: view})
        found = self.second(inputs, training=True)
        found = ops.cast(found, self.compute_dtype)
        for embedding in (theirs, found):
            value = value + self._divergence(target, embedding, step)
        return value + (
            self.ranking * self.pair_values(theirs, found, labels, step)
        )

    def _divergence(self, target, embedding, step):
        """T^2 KL of the teacher's classes and the shared classifier's."""
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        logits = taps.class_logits(self._shared.head, embedding)
        logits = ops.cast(logits, self.compute_dtype)
        divergence = softmax_kl(target / temperature, logits / temperature)
        return ops.square(temperature) * divergence

    def get_config(self):
        second = keras.saving.serialize_keras_object(self.second)
        if second is not None:
            second.pop("compile_config", None)
        return {
            **super().get_config(),
            "logits_tap": self.teacher_taps[1],
            "second": second,
            "second_taps": self.second_taps,
            "ranking": self.ranking,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
        }

    @classmethod
    def from_config(cls, config):
        second = keras.saving.deserialize_keras_object(config["second"])
        return super().from_config({**config, "second": second})
