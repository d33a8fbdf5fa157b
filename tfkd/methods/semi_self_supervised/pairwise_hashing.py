"""Pairwise teacher-student hashing: codes keep the distances they had.

Equation:  L = a [ mean_j (log(1 + exp(t_ij)) - s_ij t_ij)
                   + q 1/K sum_k (|u_ik| - 1)^2 ] ,  t_ij = 1/2 u_i . u_j
               + w(l) mean_j (d_ij - d'_ij)^2 ,
               d_ij = ||u_i - u_j||^2 / (4 K)
           w(l) = b exp(-5 (1 - l/R)^2) while l < R, then b
           theta' <- m theta' + (1 - m) theta after every step
Symbols:   u = tanh(z) (batch, K) relaxed codes of the student for x + e, z
           its outputs, one number a bit; d' the same distances of the
           teacher for x + e'; the first mean over the labelled pairs of the
           batch, s_ij = 1 if they are of one class; theta, theta' weights of
           student and teacher; e, e' ~ N(0, s^2); m = `decay`; q =
           `quantization`; a = `task_weight`; b = `weight`; R = `ramp_steps`;
           l optimizer steps so far. d counts differing bits, as a share.
Paper:     Zhang, Li & Zhang, *Pairwise Teacher-Student Network for
           Semi-Supervised Hashing*, CVPRW 2019, arXiv:1902.00643.
Survey:    Sec 13.1, ref [286].
Differs:   confirmed from the abstract: few labelled pairs and many unlabelled
           examples, a student trained with pairwise information of the
           teacher network, distances consistent under it. Inferred: a
           teacher that is an average of the student, the likelihood of
           labelled pairs, squares, and all numbers. The likelihood is a mean
           over all examples of the batch, 0 for those without a label.
"""

import keras

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import PairLikelihood
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher
from tfkd.transforms import GaussianNoise
from tfkd.transforms import PairDistances

CARD = Card(
    key="pairwise_hashing",
    status="simplified",
    simplified=(
        "the paper's own losses, of which the abstract alone could be "
        "confirmed: here the likelihood of labelled pairs, and squared "
        "differences of distances"
    ),
    teacher="none",
    needs=("unlabelled",),
    options={"ramp_steps": 2},
    instead="learns codes",
)


def build(
    *,
    teacher=None,
    student,
    code_tap: str = "logits",
    weight: float = 10.0,
    ramp_steps: int = 10000,
    quantization: float = 0.1,
    decay: float = 0.99,
    stddev: float = 0.15,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    It needs no compiled loss: labels, -1 for none, are class indices of which
    pairs are made. A code is the sign of the student's outputs.

    Args:
        teacher: `None`: the student's own average.
        student: Network of one output a bit.
        code_tap: Name of z.
        weight: b >= 0. A schedule is w itself.
        ramp_steps: R, at least 1.
        quantization: q >= 0.
        decay: m in [0, 1), a number or schedule.
        stddev: s >= 0, in the units of x.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled. Its `network` has the relaxed codes.

    Raises:
        InputError: If a teacher is given, the tap does not exist, or a
            number is out of range.
    """
    no_teacher("pairwise_hashing", teacher)
    ramp_steps = at_least("pairwise_hashing", "ramp_steps", ramp_steps, 1)

    def extra(inputs, tensors):
        relax = keras.layers.Activation("tanh", name="codes", dtype="float32")
        return {"codes": relax(tensors[code_tap])}

    bits = taps.shape(student, code_tap)[-1]
    return Distiller(
        student=student,
        network=taps.extend(student, [code_tap], extra),
        teacher=EMATeacher(decay, training=True),
        student_view=GaussianNoise(stddev, seed=seed),
        teacher_view=GaussianNoise(stddev, seed=seed + 1),
        distillation_losses=[
            PairLikelihood(
                student_tap="codes",
                quantization=quantization,
                weight=task_weight,
                name="labelled_pairs",
            ),
            FeatureMatch(
                teacher_tap="codes",
                student_tap="codes",
                teacher_transform=PairDistances(squared=True, normalize=None),
                student_transform=PairDistances(squared=True, normalize=None),
                weight=schedules.ramp_up(ramp_steps, weight, "weight"),
                name="distances",
            ),
        ],
        distillation_loss_weights=[1.0, 1.0 / (4.0 * bits) ** 2],
        student_loss_weight=0.0,
    )
