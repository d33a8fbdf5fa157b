"""Generalized distillation: a teacher of what the student will not see.

Equation:  L = (1 - l) H(y, softmax(z_s(x)))
               + l KL(softmax(z_t(x*) / T) || softmax(z_s(x)))
Symbols:   x the student's input; x* privileged information on the same
           example; z_t, z_s (batch, classes) logits; T = `temperature`;
           l = `imitation`.
Paper:     Lopez-Paz, Bottou, Scholkopf & Vapnik, *Unifying distillation and
           privileged information*, ICLR 2016, arXiv:1511.03643, Eqns 3-4.
Survey:    Sec 15.3, ref [156]; Eqn 2 with paired inputs.
Differs:   the equation is confirmed from the paper's source: only the
           teacher is softened. KL instead of cross-entropy: the same
           gradient. The authors' code multiplies the second term by T^2,
           which `imitation_factor` is for. The defaults are those of the
           paper's simulations; on images it searches T of 1 to 50 and every
           l. With x* = x and a larger teacher it is Hinton's distillation.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="generalized_distillation",
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    imitation: float = 1.0,
    temperature: float = 1.0,
    imitation_factor: float = 1.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": x, "teacher": privileged}`.
    Examples of label -1 count in the imitation alone.

    Args:
        teacher: Classifier of the privileged information.
        student: Classifier of the same classes.
        imitation: l in [0, 1]; with 1 labels count nothing.
        temperature: T > 0, a number or schedule.
        imitation_factor: Further factor >= 0 of the second term, such as T^2.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    if not 0 <= imitation <= 1:
        raise InputError(
            "imitation of generalized_distillation must be in [0, 1], "
            f"received {imitation!r}: it is the teacher's part, the rest is "
            "the labels'."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature,
            student_temperature=1.0,
            weight=imitation * imitation_factor,
            name="imitation",
        ),
        student_loss_weight=1.0 - imitation,
    )
