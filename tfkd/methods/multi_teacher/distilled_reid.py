"""Distilled person re-identification: similarities of several teachers.

Equation:  L = c H(y, softmax(z_s)) + b sum_i a_i D_i,
           D_i = 1 / B^2 ||log(A_s + e I) - log(A_i + e I)||_F^2,
           A = X X^T, sum_i a_i = 1
           adaptive: before each step, a_i <- a_i exp(r cos(dR, dD_i)),
           normalized
Symbols:   X (B, features) embeddings of a batch, rows of length 1; log the
           matrix logarithm; R = H(y, .) of the batch's labelled examples, with
           the student's regularizers if it has any; dR, dD_i gradients with
           respect to the student's weights; b = `weight`; c = `task_weight`; e
           = `epsilon`; r = `adaptation_rate`; a starts at `alphas`.
Paper:     Wu et al., *Distilled Person Re-identification: Towards a More
           Scalable System*, CVPR 2019.
Survey:    Sec 7.2 and 7.3, Eqn 26 (X there holds columns), Table 6,
           ref [250].
Differs:   divided by B^2, so that b does not depend on the batch. Confirmed
           from the paper's abstract: the log-Euclidean similarity loss, and
           teachers weighed adaptively with few labelled identities.
           Inferred: unit length, e, and the update of a, the first-order
           effect on R of a gradient step on D_i, on the simplex and without
           the gradients' scale. R is that of the batch instead of a
           validation set's, so labels also train (c = 0: Table 6's L_KD
           alone). A further pass of the student a step, which moves no
           statistics, computes it.
"""

import keras
from keras import ops

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.distillers import batch as batch_lib
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.losses import FeatureMatch
from tfkd.losses import Mixture
from tfkd.methods.card import Card
from tfkd.numerics import l2_normalize
from tfkd.teachers import as_ensemble
from tfkd.transforms import LogSimilarity

CARD = Card(
    key="distilled_reid",
    teacher="many",
    status="simplified",
    simplified=(
        "the teachers' weights follow a first-order update of our own on the "
        "labelled examples of the batch, not the paper's validation risk on "
        "held-out identities, whose equation could not be confirmed"
    ),
    columns={
        "Ensemble logits": "N",
        "Ensemble features": "Y",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_KD",
    },
    needs=("unlabelled",),
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    alphas: tuple | None = None,
    adaptation_rate: float = 0.1,
    weight: float = 1.0,
    task_weight: float = 1.0,
    epsilon: float = 1e-3,
):
    """Builds the distiller.

    Args:
        teacher: A list of networks, one a source domain.
        student: Network whose labelled examples are few; -1 marks the rest.
        teacher_tap: Name of every teacher's embedding, `(batch, features)`;
            widths may differ.
        student_tap: Name of the student's.
        alphas: a at the start, non-negative; normalized; equal if absent.
        adaptation_rate: r >= 0; with 0 the alphas stay, no further pass is
            made and labels may be absent.
        weight: b >= 0, a number or schedule.
        task_weight: c >= 0, a number or schedule.
        epsilon: e > 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no matrix, or a number is
            out of range.
    """
    if not 0 <= adaptation_rate < float("inf"):
        raise InputError(
            f"adaptation_rate of distilled_reid must be finite and >= 0, "
            f"received {adaptation_rate!r}."
        )
    taps.shape(student, student_tap)  # An error that names the tap.
    ensemble = as_ensemble(teacher)
    parts = [
        FeatureMatch(
            teacher_tap=f"{index}/{teacher_tap}",
            student_tap=student_tap,
            teacher_transform=LogSimilarity(epsilon),
            student_transform=LogSimilarity(epsilon),
            distance=LpDistance(p=2, reduce="mean"),
            name=f"log_similarity_{index}",
        )
        for index in range(len(ensemble.members))
    ]
    mixture = Mixture(
        parts=parts, shares=alphas, weight=weight, name="log_similarity"
    )
    arguments = {
        "student": student,
        "teacher": ensemble,
        "distillation_losses": mixture,
        "student_loss_weight": task_weight,
    }
    if adaptation_rate == 0:
        return Distiller(**arguments)
    return AdaptiveDistiller(adaptation_rate=adaptation_rate, **arguments)


@keras.saving.register_keras_serializable("tfkd")
class AdaptiveDistiller(Distiller):
    """Moves the shares of a `Mixture` to what lowers the labelled risk.

    TensorFlow only.

    Args:
        adaptation_rate: r > 0.
        **kwargs: See `Distiller`; the only loss is a `Mixture`.
    """

    def __init__(self, *, adaptation_rate, **kwargs):
        super().__init__(**kwargs)
        # Its training step takes gradients of its own.
        require_tensorflow("An adaptation_rate other than 0")
        self.adaptation_rate = float(adaptation_rate)

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        shares = self.distillation_losses[0].shares
        agreement = self._agreement(x, y, sample_weight)
        # A share of 0 would never return.
        logs = ops.log(ops.maximum(shares, 1e-6))
        shares.assign(ops.softmax(logs + self.adaptation_rate * agreement))
        return super().train_step(data)

    def _agreement(self, x, y, sample_weight):
        """Cosine of the risk's gradient with that of every part."""
        import tensorflow as tf  # Lazily: fixed alphas run without it.

        views = batch_lib.views(x)
        step = self.optimizer.iterations
        variables = [v.value for v in self.student.trainable_variables]
        with tf.GradientTape(persistent=True) as tape:
            student = self._untracked.extractor(views.student, training=False)
            teacher = self._teacher_taps(views, student, step)
            terms = self.distillation_losses[0].terms(
                teacher, student, labels=y, index=views.index, step=step
            )
            values = [ops.mean(term) for term in terms]
            # Not the taps but the outputs: the task's loss alone.
            values.append(
                self.compute_loss(
                    x, y, student["outputs"], sample_weight, training=False
                )
            )
        *parts, risk = (_direction(tape, v, variables) for v in values)
        return ops.stack([ops.sum(risk * part) for part in parts])

    def parts(self):
        return {**super().parts(), "adaptation_rate": self.adaptation_rate}


def _direction(tape, value, variables):
    """The gradient as one vector of length 1, or 0 where it vanishes."""
    gradients = tape.gradient(value, variables, unconnected_gradients="zero")
    flat = [ops.reshape(ops.cast(g, "float32"), (-1,)) for g in gradients]
    return l2_normalize(ops.concatenate(flat))
