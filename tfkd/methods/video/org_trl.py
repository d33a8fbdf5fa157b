"""Captions: a language model recommends words beside the right one.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t[K] / T) || softmax(z_s / T)) ,
           means over the words of a caption
Symbols:   z_s (batch, length, vocabulary) logits of the captioner, the
           student, for every next word; z_t those of a language model that
           reads the words before; K its `top` likeliest words, the others at
           no probability; y the right words, -1 where there is none, which
           counts nothing; T = `temperature`; a = `task_weight`;
           b = `weight`.
Paper:     Zhang, Shi, Yuan, Li, Wang, Hu & Zha, *Object Relational Graph with
           Teacher-Recommended Learning for Video Captioning*, CVPR 2020,
           arXiv:2002.11566.
Survey:    Sec 15.6.2, ref [289], which it swaps with [187]; Eqn 2 of words.
Differs:   confirmed from the abstract and from public notes on the paper: an
           external language model of large corpora, which reads the words
           before; its k likeliest words are soft targets, beside hard ones,
           against the long tail of rare words; the captioner's distribution
           is fitted to the model's by a divergence. Inferred: k, T and b,
           and that softmax sums over the k words.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SelectiveTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least

CARD = Card(
    key="org_trl",
    status="simplified",
    simplified=(
        "the teacher-recommended learning alone: the captioner, in the paper "
        "with a graph over objects, is the user's network; k, T and the "
        "weight are inferred"
    ),
    task="sequence",
    example="""\
x, labels = task.language_data(64)
teacher = task.language_model(width=32)
student = task.language_model()
""",
)


def build(
    *,
    teacher,
    student,
    top: int = 50,
    temperature: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    A captioner also sees the clip, and the language model words alone: `x =
    {"student": (clips, words), "teacher": words}`; where both see the words,
    `x = words`. Labels are the next words.

    Args:
        teacher: Language model, such as
            `tfkd.tasks.sequence.language_model()`.
        student: Captioner of the same vocabulary.
        top: k >= 1.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If vocabularies or lengths differ, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SelectiveTargets(
            group_tap=None,
            top=at_least("org_trl", "top", top, 1),
            imitation=1.0,
            # The model recommends however good the student is.
            margin=float("inf"),
            temperature=temperature,
            weight=weight,
            name="recommended",
        ),
        student_loss_weight=task_weight,
    )
