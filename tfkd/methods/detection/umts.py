"""UMTS: many shots of an identity guide the features of a single one.

Equation:  L = a L_id + b sum_l 1/2 [ mean_i (F_T^l - r_l(F_S^l))_i^2 / v_l
                                      + log v_l ] ,
           v_l = softplus(w_l . g(F_S^l) + c_l) + eps
Symbols:   F_T^l the teacher's tap l for K images of one identity, F_S^l the
           student's for one of them; r a 1x1 convolution, trained; g the mean
           over positions; v the uncertainty, one number an example, learned
           with the student: the sigma^2 of the survey's form; b = `weight`;
           a = `task_weight`, of the loss that is compiled.
Paper:     Jin, Lan, Zeng & Chen, *Uncertainty-Aware Multi-Shot Knowledge
           Distillation for Image-Based Object Re-Identification*, AAAI 2020,
           arXiv:2001.05197.
Survey:    Sec 15.2.1, ref [111].
Differs:   confirmed from the paper's abstract and first figure: a teacher of
           K concatenated images, a student of one of them, and a data
           dependent, heteroscedastic uncertainty in the transfer. Inferred:
           the form of the loss is that of Kendall & Gal, whose term it
           takes; the uncertainty is read from the student, which is all that
           sees too little; b = 1.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import UncertainMatch
from tfkd.methods.card import Card

CARD = Card(
    key="umts",
    status="simplified",
    simplified=(
        "the teacher was trained before, not together with the student, and "
        "the loss is inferred from the paper's abstract and a figure"
    ),
    needs=("views",),
    example="""\
# Three images of one class side by side, as channels.
shots = tfkd.sources.multi_shots(images, labels, 3)
x = {"student": images, "teacher": shots}
teacher = tfkd.models.build(
    "cnn", filters=(16, 32, 64), input_shape=(28, 28, 3), num_classes=10
)
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    initial_variance: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network of several images of one identity, such as the
            channels that `tfkd.sources.multi_shots` puts together; it sees
            `x["teacher"]`.
        student: Network of one image, which sees `x["student"]`.
        pairs: `((teacher_tap, student_tap), ...)`; the stages, paired from
            the last, if absent.
        initial_variance: v > 0.001 at the start.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no pair, a tap does not exist, two differ in
            rank, or a number is out of range.
    """
    if pairs is None:
        pairs = taps.stage_pairs(teacher, student)
    if not pairs:
        raise InputError(
            "umts needs at least one pair of taps, received none. Leave "
            "`pairs` out for the stages."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            UncertainMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                initial_variance=initial_variance,
                weight=weight,
                name=f"uncertain_{student_tap}",
            )
            for teacher_tap, student_tap in pairs
        ],
        student_loss_weight=task_weight,
    )
