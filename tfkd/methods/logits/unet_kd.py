"""U-Net distillation: per pixel, with rare classes counting as much.

Equation:  L = mean_p [ a w_(y_p) H(y_p, softmax(z_s,p))
                        + b T^2 KL(softmax(z_t,p / T) || softmax(z_s,p / T)) ],
           w_c = N / (C n_c)
Symbols:   z_t, z_s (batch, height, width, classes) logits, p a pixel; n_c of
           the batch's N labelled pixels are of class c, one of C that occur;
           T = `temperature`; a = `task_weight`; b = `weight`. The student is
           a U-Net with few channels, and batch normalization.
Paper:     Mangalam & Salzmann, *On Compressing U-net Using Knowledge
           Distillation*, arXiv:1812.00249.
Survey:    Sec 4.1.1, Table 1, ref [164].
Differs:   that distillation needs batch normalization and class re-weighting
           to train a U-Net of 0.1 % of the weights is confirmed from the
           paper's abstract. w_c, a, b and T are inferred; `class_weights` may
           be other numbers. The distilled term is not re-weighted. The
           compiled loss is that of evaluation alone. Of sample weights a
           pixel each the mean over an image counts: mask pixels by label -1.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits

CARD = Card(
    key="unet_kd",
    task="segmentation",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
)


def build(
    *,
    teacher,
    student,
    class_weights: tuple | str = "balanced",
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Segmenter to dense logits `(batch, height, width, classes)`.
        student: Segmenter to logits of the same shape.
        class_weights: w, one number >= 0 a class, or `"balanced"`.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its labels are whole numbers, -1 for
        pixels without.

    Raises:
        InputError: If logits are not dense or differ in shape, or a number is
            out of range.
    """
    dense_logits("unet_kd", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            TaskLoss(
                student_tap="logits",
                class_weights=class_weights,
                weight=task_weight,
                name="weighted_task",
            ),
            SoftTargets(temperature=temperature, weight=weight),
        ],
        student_loss_weight=0.0,
    )
