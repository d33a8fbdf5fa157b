"""Knowledge as priors: what a superior view taught holds where it is absent.

Equation:  source:  L = a H(y, softmax(z_s)) + b mean (f_t - r(f_s))^2
                        + c R_phi(theta),
                    R_phi(theta) = sum_j softplus(phi_j) |theta_j|
                    phi: down the slope of the second term after T tried
                    steps on the other two
           target:  L = H(y, softmax(z_s)) + c R_phi(theta), see `PriorTrainer`
Symbols:   theta the student's weights; f_t, f_s (batch, features) taps of
           the teacher, who sees a superior view, and of the student; r a
           dense layer where widths differ; z_s (batch, classes) logits; y
           labels; a = `task_weight`; b = `weight`; c = `prior_weight`; T =
           `inner_steps`, of size `inner_learning_rate`.
Paper:     Zhao, Peng, Chen, Kapadia & Metaxas, *Knowledge as Priors:
           Cross-Modal Knowledge Generalization for Datasets without Superior
           Knowledge*, CVPR 2020, arXiv:2004.00176.
Survey:    Sec 12, ref [291], cited in a group only.
Differs:   confirmed from the abstract and a summary: pairs in the source
           data set alone, knowledge as a prior on the student's parameters,
           learned by gradient-based meta-learning, then used in the target.
           Inferred: the form of R, that of MetaReg, and all numbers. Any
           classifier takes the place of hand poses.
"""

import keras

from tfkd.distillers import PriorDistiller
from tfkd.losses import FeatureMatch
from tfkd.losses import LearnedPrior
from tfkd.methods.card import Card
from tfkd.methods.checks import positive
from tfkd.transforms import Regressor

CARD = Card(
    key="cmkg",
    status="simplified",
    simplified=(
        "the form of the prior could not be confirmed: it is a strength for "
        "each absolute weight"
    ),
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 1.0,
    prior_weight: float = 1.0,
    inner_steps: int = 1,
    inner_learning_rate: float = 0.01,
    meta_learning_rate: float = 0.01,
    task_weight: float = 1.0,
):
    """Builds the distiller of the source data, which have both views.

    In the target data train a student of the same architecture by
    `tfkd.distillers.PriorTrainer(student=..., strengths=...)`, with the
    strengths of `distiller.distillation_losses[1].strengths()`.

    Args:
        teacher: Network of the superior view.
        student: Network of the other view.
        teacher_tap: Name of f_t.
        student_tap: Name of f_s.
        weight: b >= 0, a number or schedule.
        prior_weight: c >= 0, likewise.
        inner_steps: T >= 1.
        inner_learning_rate: Size of a tried step, > 0.
        meta_learning_rate: Of the prior's Adam, > 0.
        task_weight: a > 0, a number or schedule.

    Returns:
        A `PriorDistiller`, not compiled. It needs the TensorFlow backend.

    Raises:
        InputError: If a tap does not exist, taps differ in rank, or an
            argument is out of range.
    """
    return PriorDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=Regressor(),
                weight=weight,
            ),
            LearnedPrior(weight=prior_weight),
        ],
        student_loss_weight=task_weight,
        inner_steps=inner_steps,
        inner_learning_rate=inner_learning_rate,
        meta_optimizer=keras.optimizers.Adam(
            positive("cmkg", "meta_learning_rate", meta_learning_rate)
        ),
    )
