"""Selective distillation: informative faces teach one of low resolution.

Equation:  L = a H(y, softmax(z_s))
               + b mean_(i: a_i = 1) mean_f (e_T(x_i) - r(e_S(x'_i)))_f^2 ,
           a = argmin - sum_i a_i q_i
                      + l sum_(i < j, y_i = y_j) max(0, c_ij) 1[a_i != a_j] ,
           q_i = cos(e_i, m_(y_i)) - max_(k != y_i) cos(e_i, m_k)
Symbols:   x a face, x' the same at low resolution; e_T, e_S embeddings of
           teacher and student, r a linear map where widths differ, trained;
           c_ij cosine of the teacher's embeddings i and j, m_k their mean
           direction of identity k in the batch; a_i in {0, 1} the selection;
           l = `smoothness`; b = `weight`; a = `task_weight`; y identities.
Paper:     Ge, Zhao, Li & Li, *Low-resolution Face Recognition in the Wild
           via Selective Knowledge Distillation*, IEEE TIP 2019,
           arXiv:1811.09998.
Survey:    Sec 15.2.3, ref [73].
Differs:   confirmed from the abstract: two streams, of high and of degraded
           resolution; the most informative features of the teacher, selected
           by a sparse graph problem; feature regression and classification
           at once. The energy is ours: an identity's own centre against the
           nearest other one, and agreement among faces that look alike. It
           is solved for each batch, and not once for the whole data set. b =
           1 is not confirmed. Both streams are trained before in the paper:
           give a student that is trained, or more steps.
"""

from tfkd.distillers import Distiller
from tfkd.losses import InformativeFeatures
from tfkd.methods.card import Card

CARD = Card(
    key="lowres_face_skd",
    status="simplified",
    simplified=(
        "the graph's energy is inferred from the abstract and solved within "
        "each batch"
    ),
    needs=("views",),
    example="""\
low = images.reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4))
x = {"student": low, "teacher": images}
student = tfkd.models.build(
    "cnn", filters=(4, 8, 16), input_shape=(14, 14, 1), num_classes=10
)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    smoothness: float = 0.1,
    sweeps: int = 3,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network of faces at high resolution, of which it sees
            `x["teacher"]`.
        student: Classifier of the same faces at low resolution, of which it
            sees `x["student"]`. Batches need several faces of an identity:
            see `tfkd.sources.ClassBatches`.
        teacher_tap: Name of e_T, vectors.
        student_tap: Name of e_S, vectors.
        smoothness: l >= 0; 0 selects each face alone.
        sweeps: Rounds of the selection, at least 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no vector, or a number is
            out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=InformativeFeatures(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            smoothness=smoothness,
            sweeps=sweeps,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
