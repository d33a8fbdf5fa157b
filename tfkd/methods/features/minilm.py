"""MiniLM: the last layer attends and relates values as the teacher's does.

Equation:  L = L_AT + L_VR + a H(y, softmax(z_s))
           L_AT = 1/(H |x|) sum_h sum_i KL(A^t_hi || A^s_hi),
                  A = softmax(Q K^T / sqrt(d))
           L_VR = 1/(H |x|) sum_h sum_i KL(R^t_hi || R^s_hi),
                  R = softmax(V V^T / sqrt(d))
Symbols:   Q, K, V (batch, H, |x|, d) queries, keys and values of the H heads
           of the last layer, d may differ; |x| tokens without padding;
           a = `task_weight`; factors of L_AT and L_VR:
           `attention_weight`, `value_weight`.
Paper:     Wang et al., *MiniLM: Deep Self-Attention Distillation for
           Task-Agnostic Compression of Pre-Trained Transformers*, NeurIPS
           2020, arXiv:2002.10957, Sec 3.
Survey:    Sec 4.2, Table 2, ref [244].
Differs:   padding is left out of sums and softmaxes. The paper distils on
           unlabelled text and fine-tunes afterwards: a = 0, the default.
           Confirmed from summaries of the paper: both relations, the last
           layer alone, equal heads, any depth and width, the assistant.
"""

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.losses import RelationKL
from tfkd.methods.card import Card
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import FormerStudent

CARD = Card(
    key="minilm",
    columns={
        "TF_t": "Self-attention",
        "TF_s": "Self-attention",
        "Position": "End of layer group",
        "Distance": "KL",
        "Lost knowledge": "Channel dimensions",
    },
    zero_when_equal=True,
    task="sequence",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    mask_tap: str | None = "mask",
    assistant: object | None = None,
    attention_weight: float = 1.0,
    value_weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Transformer with the taps of
            `tfkd.models.transformer.build`.
        student: Likewise, of as many heads and tokens; depth and width may
            be others.
        teacher_tap: Its layer that is distilled, the prefix of the taps
            `<layer>_scores` and `<layer>_values`; the last stage if absent.
        student_tap: Likewise of the student.
        mask_tap: Student's tap that is true where no padding is; `None`
            where nothing is padded.
        assistant: Transformer between the two in size: a copy of it with
            new weights learns from the teacher first, and then teaches the
            student.
        attention_weight: Factor >= 0 of L_AT, a number or schedule.
        value_weight: Factor >= 0 of L_VR, likewise.
        task_weight: a >= 0, likewise.
        seed: Whole number behind the assistant's weights.

    Returns:
        A `Distiller`, or with an assistant a `Chain`; not compiled.

    Raises:
        InputError: If a tap does not exist, heads or lengths differ, or a
            number is out of range.
    """

    def link(teacher, student, teacher_tap, student_tap):
        model = getattr(teacher, "model", teacher)
        first = teacher_tap or taps.stages(model)[-1]
        second = student_tap or taps.stages(student)[-1]
        parts = (
            ("attention", "scores", "scores", attention_weight),
            ("value_relation", "vectors", "values", value_weight),
        )
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=[
                RelationKL(
                    teacher_tap=f"{first}_{suffix}",
                    student_tap=f"{second}_{suffix}",
                    kind=kind,
                    mask_tap=mask_tap,
                    weight=weight,
                    name=name,
                )
                for name, kind, suffix, weight in parts
            ],
            student_loss_weight=task_weight,
        )

    if assistant is None:
        return link(teacher, student, teacher_tap, student_tap)
    # A mistake shows before any training.
    link(teacher, assistant, teacher_tap, None)
    link(assistant, student, None, student_tap)
    return Chain(
        [
            lambda _: link(
                teacher, fresh_copy(assistant, seed), teacher_tap, None
            ),
            lambda trained: link(
                FormerStudent(trained, in_place_of=teacher),
                student,
                None,
                student_tap,
            ),
        ],
        student=student,
    )
