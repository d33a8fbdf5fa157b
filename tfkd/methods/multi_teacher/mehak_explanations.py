"""Several teachers' visual explanations: the surest teacher's Grad-CAM map.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_i / T) || softmax(z_s / T))
               + c || E_i / ||E_i||_2 - E_s / ||E_s||_2 ||_2^2,
           E = relu(sum_c w_c F_c),  w_c = mean over positions of dz_k / dF_c,
           k = argmax z_i,  i the teacher of the example
Symbols:   z_i, z_s (batch, classes) logits of teacher i and of the student;
           F (batch, height, width, channels) last convolutional map; T =
           `temperature`; a = `task_weight`; b = `weight`; c =
           `explanation_weight`.
Paper:     Mehak & Balasubramanian, *Knowledge Distillation from Multiple
           Teachers using Visual Explanations*, master's thesis, IIT
           Hyderabad 2018.
Survey:    Sec 7.1 and 7.2, Eqns 24 and 10, ref [167].
Differs:   confirmed from the thesis' abstract: the student learns from the
           teacher with the best visual explanation, and mimics its logits
           and the Grad-CAM map of the last convolutional layer. Inferred:
           unit length of the maps, their squared distance, and the weights.
           `choice="mean"` learns from all teachers instead, as the survey
           puts it: from the mean of their classes, softened after it, and of
           their maps, which keep their sizes until then.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import ExplanationMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import ConfidentMemberTeacher
from tfkd.teachers import as_ensemble

CARD = Card(
    key="mehak_explanations",
    teacher="many",
    status="simplified",
    simplified=(
        "how the thesis measures whose explanation is best could not be "
        "confirmed: here it is the teacher that is surest of its answer"
    ),
    zero_when_equal=True,
)

_CHOICES = ("best", "mean")


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    choice: str = "best",
    temperature: float = 4.0,
    weight: float = 0.9,
    explanation_weight: float = 1.0,
    task_weight: float = 0.1,
):
    """Builds the distiller. TensorFlow only.

    Args:
        teacher: A list of classifiers with a convolutional stage of one name
            and of one height and width.
        student: Classifier of the same classes with convolutional stages.
        teacher_tap: Name of every teacher's F; the first one's last stage
            if absent.
        student_tap: Name of the student's; the last stage if absent.
        choice: `"best"` or `"mean"`.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        explanation_weight: c >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, classes or sizes
            differ, or an argument is out of range.
    """
    if choice not in _CHOICES:
        raise unknown("choice of mehak_explanations", choice, _CHOICES)
    ensemble = as_ensemble(teacher)
    teacher_tap = teacher_tap or taps.stages(ensemble.members[0])[-1]
    if choice == "best":
        ensemble = ConfidentMemberTeacher(ensemble.members)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            SoftTargets(temperature=temperature, weight=weight),
            ExplanationMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap or taps.stages(student)[-1],
                weight=explanation_weight,
                name="explanation",
            ),
        ],
        student_loss_weight=task_weight,
    )
