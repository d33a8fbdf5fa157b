"""Multilingual translation: each language's own network, while it is better.

Equation:  L = mean over tokens of (1 - g) H(y, softmax(z_s))
                   + g T^2 KL(softmax(z_t[K] / T) || softmax(z_s / T)) ,
               g = l 1[A_s < A_t + d]
Symbols:   y the next token of a sentence of one language pair; z_t, z_s
           (batch, length, tokens) logits by the teacher of this pair and by
           the student of all; z_t[K] the K = `top` largest, the others at no
           probability; A_s, A_t how much of the pair student and teacher get
           right; d = `margin`; l = `imitation`; T = `temperature`.
Paper:     Tan, Ren, He, Qin, Zhao & Liu, *Multilingual Neural Machine
           Translation with Knowledge Distillation*, ICLR 2019,
           arXiv:1902.10461.
Survey:    Sec 7.1, Eqn 24 with a gate of 0 or l, ref [223].
Differs:   confirmed in the authors' code: the loss with its T^2, l = 0.9,
           the softmax of the largest logits alone, a gate that is 0 when the
           student's score is a point above the teacher's, and comes back when
           it falls. There scores are BLEU on held-out sentences, every so
           many steps; here they are shares of right tokens in training
           batches, moving averages, and a point is d = 0.01. Labels are not
           smoothed. T is 0.6 in the code by default, and 1 here, as in the
           paper's equation; K = 8 is inferred. Answers that are stored
           beforehand, as in the paper, are `x["cached"]`.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SelectiveTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import NumberedMemberTeacher

CARD = Card(
    key="multilingual_nmt_kd",
    teacher="many",
    status="simplified",
    simplified=(
        "the gate compares shares of right tokens in training, not BLEU on "
        "held-out sentences; no label smoothing"
    ),
    needs=("views",),
    task="sequence",
    example="""\
x, labels = task.language_data(64)
teachers = [task.language_model(), task.language_model()]
student = task.language_model(width=16)
pair = np.arange(64) % 2  # Each sentence is of one of two languages.
x = {"student": x, "teacher": {"inputs": x, "member": pair}}
""",
)


def build(
    *,
    teacher,
    student,
    top: int | None = 8,
    imitation: float = 0.9,
    margin: float = 0.01,
    momentum: float = 0.99,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries the number of each sentence's teacher:
    `x = {"student": x, "teacher": {"inputs": x, "member": numbers}}`.

    Args:
        teacher: A list of networks to logits of tokens, one a language pair.
        student: Network of all pairs, to logits of the same tokens.
        top: K >= 1; all tokens if `None`.
        imitation: l in [0, 1].
        margin: d: how much better the student must be to do without.
        momentum: How much of the averages stays after a batch, in [0, 1).
        temperature: T > 0, a number or schedule.
        weight: Factor of L, >= 0, a number or schedule.
        task_weight: Of the loss that is compiled; L has the labels already.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If tokens differ in number, or a number is out of range.
    """
    several = isinstance(teacher, (list, tuple))
    teachers = NumberedMemberTeacher(list(teacher) if several else [teacher])
    if top is not None:
        top = at_least("multilingual_nmt_kd", "top", top, 1)
    return Distiller(
        student=student,
        teacher=teachers,
        distillation_losses=SelectiveTargets(
            groups=len(teachers.members),
            top=top,
            imitation=imitation,
            margin=margin,
            momentum=momentum,
            temperature=temperature,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
