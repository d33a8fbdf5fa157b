"""Cross-quality distillation: the teacher sees the better image.

Equation:  L = a H(y, softmax(z_s(x)))
               + b T^2 KL(softmax(z_t(x*) / T) || softmax(z_s(x) / T))
Symbols:   x* a localized, high-resolution or colour image; x the same image
           degraded; z_t, z_s (batch, classes) logits; T = `temperature`;
           b = `weight`; a = `task_weight`.
Paper:     Su & Maji, *Adapting Models to Signal Degradation using
           Distillation*, BMVC 2017, arXiv:1604.00433.
Survey:    Sec 12.1 and 12.3, Table 9, ref [219]; Eqn 2 with paired inputs.
Differs:   confirmed from the authors' code: T = 10 on both sides, and
           lambda = 200 (birds) or 50 (cars) of a cross-entropy without T^2,
           which is b = lambda / T^2 = 2 or 1/2 here. KL instead of
           cross-entropy: the same gradient. There the student may start
           with the teacher's weights: `student.set_weights(...)` before.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="cqd",
    columns={
        "Uses labels": "Y",
        "Source modality": "HR image map",
        "Target modality": "LR image",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Soft labels",
        "Model compression": "Y",
    },
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    temperature: float = 10.0,
    weight: float = 2.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": degraded, "teacher": image}`.

    Args:
        teacher: Classifier of good images.
        student: Classifier of the same classes, of degraded ones.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
