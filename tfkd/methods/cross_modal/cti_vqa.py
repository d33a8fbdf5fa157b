"""Compact trilinear interaction: a teacher that has seen the answer, too.

Equation:  L = (1 - l) L_task(y, z_s(x, q))
               + l T^2 KL(softmax(z_t(x, q, a) / T)
                          || softmax(z_s(x, q) / T))
Symbols:   x an image, q a question about it, a its answers; z_t, z_s
           (batch, answers) logits of a network that joins all three and of
           one that joins two; T = `temperature`; l = `imitation`.
Paper:     Do, Do, Tran, Tjiputra & Tran, *Compact Trilinear Interaction for
           Visual Question Answering*, ICCV 2019, arXiv:1909.11874.
Survey:    Sec 12.1, Table 9, ref [53]; Eqn 2 with more inputs of the
           teacher. Sec 12.2.2 and "three teachers" of the table mean another
           paper, and three inputs.
Differs:   nothing in the loss: its form, with one l for both parts, is that
           of the authors' code, and so are T = 5 and l = 0.005 for VQA 2.0.
           (For TDIUC it runs with T = 3 and l = 0.3.) There the task's loss
           is a binary cross-entropy, summed over answers, and with it l is
           small; it is what is compiled here. The trilinear interaction
           itself, a factored product of three inputs, is the teacher's: a
           model of three inputs, whatever joins them.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="cti_vqa",
    columns={
        "Uses labels": "Y",
        "Source modality": "Image, questions, answer information",
        "Target modality": "Image, questions",
        "Number of teachers": "One (printed: Three)",
        "On-line": "N",
        "Knowledge": "Logits",
        "Model compression": "Y",
    },
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    temperature: float = 5.0,
    imitation: float = 0.005,
):
    """Builds the distiller.

    Every batch carries both views, such as `x = {"student": {"image": ...,
    "question": ...}, "teacher": {"image": ..., "question": ..., "answer":
    ...}}`.

    Args:
        teacher: Classifier of answers that sees more than the student.
        student: Classifier of the same answers.
        temperature: T > 0, a number or schedule.
        imitation: l in [0, 1], the teacher's part.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the answers differ in number, or a number is out of
            range.
    """
    if not 0 <= imitation <= 1:
        raise InputError(
            "imitation of cti_vqa is the teacher's share in [0, 1], received "
            f"{imitation!r}. The authors take 0.005 and 0.3."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature, weight=imitation
        ),
        student_loss_weight=1.0 - imitation,
    )
