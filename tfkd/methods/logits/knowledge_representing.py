"""Knowledge representing: a teacher's weights as prior of the student's.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + g 1/G sum_g mean_i max(|w_i - m_g| - k s_g, 0) / s_g
Symbols:   z_t, z_s (batch, classes) logits; w_i the student's weights of
           layer group g, m_g and s_g mean and standard deviation of the
           teacher's, see `tfkd.losses.WeightPrior`; k = `tolerance`; T =
           `temperature`; a = `task_weight`; b = `weight`; g =
           `prior_weight`.
Paper:     Liu, Wen, Gao, Tao, Chen, Osa & Kato, *Knowledge Representing:
           Efficient, Sparse Representation of Prior Knowledge for Knowledge
           Distillation*, CVPR workshops 2019, arXiv:1911.05329.
Survey:    Sec 4.1.1, Table 1; the survey prints ref [142], which is another
           paper.
Differs:   confirmed from the paper's abstract: the distribution of the
           teacher's parameters is aggregated to a more abstract level and is
           the prior; a sparse penalty restricts which gradients it has, lest
           it regularize too much; it joins methods on logits. Inferred: all
           of the third term, and every number. Sample weights scale it by
           their mean.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.losses import WeightPrior
from tfkd.methods.card import Card

CARD = Card(
    key="knowledge_representing",
    status="simplified",
    simplified=(
        "the paper's own aggregation of parameters and its sparse recoding "
        "penalty, whose equations could not be read: moments of layer groups "
        "and a penalty of outliers stand in their place"
    ),
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
)


def build(
    *,
    teacher,
    student,
    prior_weight: float = 0.1,
    tolerance: float = 2.0,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier, a `keras.Model` with stages, at least as many as
            the student has.
        student: Classifier of the same classes, with stages.
        prior_weight: g >= 0, a number or schedule.
        tolerance: k >= 0: weights within k deviations are left alone.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, a model has no stages,
            or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            SoftTargets(temperature=temperature, weight=weight),
            WeightPrior(tolerance=tolerance, weight=prior_weight),
        ],
        student_loss_weight=task_weight,
    )
