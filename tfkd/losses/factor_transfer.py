"""Factor transfer: learn to paraphrase the teacher, then translate."""

import keras
from keras import ops

from tfkd.distances import LpDistance
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import per_example
from tfkd.transforms import Paraphraser
from tfkd.transforms import Translator


@keras.saving.register_keras_serializable("tfkd")
class FactorTransfer(KDLoss):
    """Reconstruction for some steps, then distance of normalized factors.

    Equation:  step < n:   L = mean (F_t - P(F_t))^2
               afterwards: L = D(f_t / ||f_t||_2, f_s / ||f_s||_2),
                           f_t = factor(F_t), f_s = translator(F_s)
    Symbols:   F_t, F_s (batch, height, width, channels) taps; P, factor the
               `Paraphraser`; D = `distance` over whole flattened factors;
               n = `paraphraser_steps`.
    Paper:     Kim et al., *Paraphrasing Complex Network: Network Compression
               via Factor Transfer*, NeurIPS 2018, arXiv:1802.04977, Sec 3.

    The factor is made by a copy of the encoder that stops following it after
    step n, so that neither momentum nor weight decay moves it later.

    Args:
        teacher_tap: Name of F_t.
        student_tap: Name of F_s.
        paraphraser_steps: n >= 0.
        rate: k of the `Paraphraser`.
        distance: D; mean absolute difference if absent.
        **kwargs: See `KDLoss`.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        paraphraser_steps,
        rate=0.5,
        distance=None,
        name="factor_transfer",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.paraphraser_steps = int(paraphraser_steps)
        self.rate = rate
        self.distance = distance or LpDistance(p=1)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        policy = self.dtype_policy
        self.paraphraser = Paraphraser(
            self.rate, name="paraphraser", dtype=policy
        )
        self.paraphraser.build(shape)
        factor = (*shape[:-1], self.paraphraser.units)
        self.frozen = Translator(
            factor[-1], trainable=False, name="frozen", dtype=policy
        )
        self.frozen.build(shape)
        self.build_student(factor, tuple(student[self.student_taps[0]].shape))
        super().setup(teacher, student)

    def build_student(self, factor_shape, shape):
        """Builds what the student's tap passes.

        Args:
            factor_shape: Of the teacher's factor.
            shape: Of the student's tap.
        """
        self.translator = Translator(name="translator", dtype=self.dtype_policy)
        self.translator.match(factor_shape)
        self.translator.build(shape)

    def values(self, teacher, student, *, labels, index, step):
        teacher = teacher[self.teacher_taps[0]]
        student = student[self.student_taps[0]]
        step = ops.cast(step, "int32")
        # At step n the encoder has had its last, n-th, update.
        follows = step <= self.paraphraser_steps
        encoder = self.paraphraser.encoder
        for copy, weight in zip(self.frozen.weights, encoder.weights):
            pair = ops.convert_to_tensor(weight), ops.convert_to_tensor(copy)
            copy.assign(ops.where(follows, *pair))
        return ops.where(
            step < self.paraphraser_steps,
            self.reconstruction(teacher),
            self.imitation(self.frozen(teacher), student),
        )

    def reconstruction(self, teacher):
        """Returns the loss of the first stage, `(batch,)`."""
        error = self.paraphraser.reconstruct(teacher) - teacher
        return per_example(ops.square(error))

    def imitation(self, factor, student):
        """Returns the loss of the second stage, `(batch,)`.

        Args:
            factor: f_t.
            student: F_s.
        """
        return self.compare(factor, self.translator(student))

    def compare(self, teacher_factor, student_factor):
        """Returns D of two factors of one shape, `(batch,)`."""
        factors = (teacher_factor, student_factor)
        return self.distance.call(*(l2_normalize(flatten(f)) for f in factors))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "paraphraser_steps": self.paraphraser_steps,
            "rate": self.rate,
            "distance": keras.saving.serialize_keras_object(self.distance),
        }

    @classmethod
    def from_config(cls, config):
        distance = keras.saving.deserialize_keras_object(config["distance"])
        return cls(**{**config, "distance": distance})
