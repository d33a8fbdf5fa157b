"""Knowledge adaptation: a student learns a teacher's code and affinities.

Equation:  stage 1 (`paraphraser_steps` steps):
               L = mean (F_t - D(E(F_t)))^2 + s mean |E(F_t)|
           stage 2:  L = a H(y, softmax(z_s))
               + b mean_i ||u(E(F_t)_i) - u(C(F_s)_i)||_p
               + c mean_i ||A(E(F_t))_i - A(C'(F_s))_i||_2 ,
           u(x) = x / ||x||_2 ,  A(F)_ij = u(F_i) . u(F_j)
Symbols:   F_t, F_s (batch, height, width, channels) last feature maps; i, j
           positions; E, D an autoencoder of F_t, E frozen in stage 2; C, C' a
           3x3 convolution and a ReLU each; p = `p`; s = `code_penalty`; b =
           `weight`; c = `affinity_weight`; a = `task_weight`.
Paper:     He, Shen, Tian, Gong, Sun & Yan, *Knowledge Adaptation for
           Efficient Semantic Segmentation*, CVPR 2019, arXiv:1903.04688.
Survey:    Sec 15.1, ref [90].
Differs:   confirmed in public notes on the paper and in a re-implementation:
           both stages, the L1 penalty of 1e-7, adapters of 3x3 for codes and
           for affinities, cosines, b = 50, c = 1, p = 1 on L2-normalized
           codes. Inferred: the means over positions. The paper's encoder has
           three strided convolutions, here of stride 1, and its adapters a
           batch normalization. Maps of two sizes: the student's is averaged
           to the teacher's. Stages are schedules within one `fit`: in stage
           1 only its own regularizers, statistics and weight decay move the
           student.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import AdaptedCode
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import dense_logits

CARD = Card(
    key="ka_seg",
    task="segmentation",
    options={"paraphraser_steps": 2},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    paraphraser_steps: int = 1000,
    rate: float = 0.5,
    p: int = 1,
    code_penalty: float = 1e-7,
    weight: float = 50.0,
    affinity_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Segmenter to dense logits `(batch, height, width, classes)`.
        student: Likewise.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        paraphraser_steps: Steps of stage 1, at least 1.
        rate: Channels of the code over those of F_t, > 0.
        p: 1 or 2.
        code_penalty: s >= 0.
        weight: b >= 0.
        affinity_weight: c >= 0; no affinities are compared where it is 0.
        task_weight: a >= 0 in stage 2.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not dense, a tap is no map, or a number is
            out of range.
    """
    dense_logits("ka_seg", teacher, student)
    at_least("ka_seg", "paraphraser_steps", paraphraser_steps, 1)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=AdaptedCode(
            teacher_tap=teacher_tap or taps.stages(teacher)[-1],
            student_tap=student_tap or taps.stages(student)[-1],
            paraphraser_steps=paraphraser_steps,
            rate=rate,
            p=p,
            code_penalty=code_penalty,
            code_weight=weight,
            affinity_weight=affinity_weight,
        ),
        student_loss_weight=schedules.after(
            paraphraser_steps, task_weight, "task_weight"
        ),
    )
