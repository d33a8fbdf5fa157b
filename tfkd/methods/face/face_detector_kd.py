"""Lightweight face detector: the teacher's scores where they tell something.

Equation:  L = a L_det + b sum_i m_i (p_i - q_i)^2 / max(1, sum_i m_i) ,
           m_i = 1[|p_i - q_i| > h(q_i)]
Symbols:   p, q probabilities of a face, or of each class, at every anchor,
           by student and teacher: the classification map; h the threshold
           for an objectness, from `background_threshold` at 0 to
           `face_threshold` at 1; L_det the compiled loss of true boxes;
           a = `task_weight`; b = `weight`.
Paper:     Jin, Zhang, Zhu, Tang, Lei & Li, *Learning Lightweight Face
           Detector with Knowledge Distillation*, ICB 2019,
           doi:10.1109/ICB45273.2019.8987309.
Survey:    Sec 15.2.3 and, by mistake, 14.1; Eqn 2 on a map, ref [109].
Differs:   confirmed from the paper's abstract: the classification map as
           soft labels besides the true ones, and thresholds that adapt to
           the objectness, so that informative samples alone are mimicked.
           Inferred: squares of probabilities, the mean over what counts, b,
           and that h is linear: a face that the teacher is sure of counts
           sooner than background, of which there is much.
"""

from tfkd.distillers import Distiller
from tfkd.losses import InformativeScores
from tfkd.methods.card import Card

CARD = Card(
    key="face_detector_kd",
    status="simplified",
    simplified=(
        "the paper beyond its abstract could not be confirmed: the form of "
        "the threshold function is inferred"
    ),
    zero_when_equal=True,
    task="detection",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "outputs",
    student_tap: str = "outputs",
    background_threshold: float = 0.2,
    face_threshold: float = 0.05,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are boxes; compile with a loss of such labels, as
    `tfkd.tasks.detection.loss()`.

    Args:
        teacher: Detector with anchors, to (batch, anchors, 4 + classes).
        student: Detector with the same anchors and classes.
        teacher_tap: Name of the teacher's answers.
        student_tap: Name of the student's.
        background_threshold: h(0), in [0, 1).
        face_threshold: h(1), in [0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If anchors or classes differ in number, a tap does not
            exist, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=InformativeScores(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            background=background_threshold,
            foreground=face_threshold,
            weight=weight,
            name="classification_map",
        ),
        student_loss_weight=task_weight,
    )
