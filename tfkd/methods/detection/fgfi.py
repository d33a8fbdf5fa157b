"""Fine-grained imitation: a detector's features near objects.

Equation:  L = a L_det + b / (2 N) sum_ij I_ij sum_c (r(F_s)_ijc - F_t_ijc)^2
           I_ij = 1 where some anchor at i, j and some box o have
           IoU > psi max_anchors IoU(anchor, o), else 0;  N = sum_ij I_ij
Symbols:   F_t, F_s (batch, height, width, channels) taps; r adaptation, a
           convolution, trained; psi = `threshold`; a = `task_weight`;
           b = `weight`.
Paper:     Wang, Yuan, Zhang & Feng, *Distilling Object Detectors with
           Fine-grained Feature Imitation*, CVPR 2019, arXiv:1906.03609.
Survey:    Sec 4.2 and 15.2.1, Table 2, ref [243].
Differs:   the mean over images of each image's own 1 / (2 N); the authors'
           released code trains with one image a batch. The survey's Table 2
           prints "Margin L1", the paper and its code square. I, psi, r's
           3x3 convolution with ReLU and b were confirmed in that code and in
           summaries of the paper. It leaves imitation out for 400 steps:
           `weight=tfkd.schedules.after(400, 0.01)` does so.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureImitation
from tfkd.methods.card import Card

CARD = Card(
    key="fgfi",
    columns={
        "TF_t": "None",
        "TF_s": "Adaptation layer",
        "Position": "Middle layer",
        "Distance": "L2 in a mask",
        "Lost knowledge": "Channel + spatial dimensions",
    },
    task="detection",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "fpn",
    student_tap: str = "fpn",
    anchor_sizes: tuple = ((8, 8), (16, 16)),
    threshold: float = 0.5,
    weight: float = 0.01,
    task_weight: float = 1.0,
    activation: str | None = "relu",
):
    """Builds the distiller.

    Labels are boxes `(batch, objects, 5)`: top, left, bottom, right in
    pixels and the class, negative for padding. Compile with a loss of such
    labels, as `tfkd.tasks.detection.loss()`.

    Args:
        teacher: Detector with anchors.
        student: Detector on images of the same size.
        teacher_tap: F_t, the map that boxes are predicted from.
        student_tap: F_s.
        anchor_sizes: `((height, width), ...)` of the anchors at every
            position, in pixels.
        threshold: psi in (0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        activation: Of r, `None` where F_t has none.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, the image's size
            is not known, or a number is out of range.
    """
    shape = getattr(student, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or None in shape[1:3]:
        raise InputError(
            "fgfi needs a student on images (batch, height, width, "
            f"channels) of known size, received inputs {shape}."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureImitation(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            image_size=shape[1:3],
            anchor_sizes=anchor_sizes,
            threshold=threshold,
            activation=activation,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
