"""Self-distillation of words: those near the right one are nearly right.

Equation:  q_w = softmax_w(-||e_w - e_y||_2 / T)
           L = a H(y, softmax(z)) + b KL(q || softmax(z)),
           both a mean over the positions that have a next word
Symbols:   e_w (features) the network's own vector of word w: the columns of
           the last layer's kernel, without gradient; y the right word of a
           position; z (batch, length, words) logits; T = `temperature`;
           a = `task_weight`; b = `weight`.
Paper:     Hahn & Choi, *Self-Knowledge Distillation in Natural Language
           Processing*, RANLP 2019, arXiv:1908.01851.
Survey:    Sec 11.1, Table 8, ref [83].
Differs:   confirmed from the paper's abstract: soft targets from the word
           vectors right below the softmax, and that the paper approximates
           them to save time; language models and translation. Inferred: the
           softmax of negative distances, over all words. Not confirmed: T,
           a, b and how b grows, which may be a schedule here. Early word
           vectors are random: start late with a `tfkd.schedules.After`. The
           second term is a mean over a sequence's positions, and then over
           sequences.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import WordSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="self_kd_nlp",
    teacher="none",
    status="simplified",
    simplified=(
        "targets are exact, over all words, instead of the paper's "
        "approximation; the map from distances to probabilities is inferred"
    ),
    columns={
        "Logits": "Y",
        "Hints": "N",
        "Data augmentation": "N",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
    task="sequence",
    example="""\
x, labels = task.language_data(64)
student = task.language_model()
""",
)


def build(
    *,
    teacher=None,
    student,
    temperature: float = 1.0,
    weight: float = 0.1,
    task_weight: float = 0.9,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Network whose logits `(batch, ..., words)` come from a dense
            layer, such as `tfkd.models.recurrent.language_model`. Labels
            are words, -1 where a position has none.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its `network` holds the word vectors as
        a tap.

    Raises:
        InputError: If a teacher is given, the logits come from no dense
            layer, or a number is out of range.
    """
    no_teacher("self_kd_nlp", teacher)
    return Distiller(
        student=student,
        network=taps.with_class_vectors(student),
        teacher=SelfTeacher(),
        distillation_losses=WordSoftTargets(
            teacher_tap="class_vectors",
            temperature=temperature,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
