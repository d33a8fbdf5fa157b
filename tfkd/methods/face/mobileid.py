"""MobileID: the teacher's neurons that know the identity, as targets.

Equation:  L = b 1/2 sum_(i in S) (f_i - r(g)_i)^2 + a L_task
           s_1 = argmax_i u_i,
           s_(k+1) = argmax_i u_i - l mean_(j <= k) |c_(i, s_j)|
Symbols:   f (batch, features) the teacher's top hidden layer; g the
           student's; r a linear map, trained; S = {s_1, s_2, ...} of
           `neurons` neurons; u share of a neuron's variance that lies
           between the classes; c correlations; l = `redundancy`; b =
           `weight`; a = `task_weight`, of the loss that is compiled.
Paper:     Luo, Zhu, Liu, Wang & Tang, *Face Model Compression by Distilling
           Knowledge from Neurons*, AAAI 2016.
Survey:    Sec 15.2.3, ref [158].
Differs:   confirmed from the abstract and public notes: hidden neurons
           instead of soft labels, selected by relevance to identity, not to
           other attributes, and without those that are always inhibited.
           The first `fit` selects them, on its labelled examples.
"""

from tfkd.distillers import AdaptingDistiller
from tfkd.losses import SelectedNeurons
from tfkd.methods.card import Card

CARD = Card(
    key="mobileid",
    status="simplified",
    simplified=(
        "neurons are scored by identity labels alone and picked one after the "
        "other; the paper scores them with annotated face attributes as well, "
        "and selects by inference in a graph over all neurons"
    ),
    example="""\
shapes["dense"] = (32,)  # Neurons to select from.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    neurons: int | None = None,
    redundancy: float = 0.5,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Network whose tap is a vector.
        student: Likewise.
        teacher_tap: Name of f.
        student_tap: Name of g.
        neurons: Neurons that are selected; half of the teacher's if absent.
        redundancy: l >= 0; 0 selects by identity alone.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        An `AdaptingDistiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no vector, or a number is
            out of range.
    """
    return AdaptingDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=SelectedNeurons(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            count=neurons,
            redundancy=redundancy,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
