"""DDGSD: one network agrees with itself on two distorted copies.

Equation:  L = a [H(y, p_1) + H(y, p_2)]
               + b T^2 [KL(p_1' || p_2') + KL(p_2' || p_1')]
               + m ||mean_i f_i1 - mean_i f_i2||_2^2
Symbols:   p_v = softmax(z_v), p_v' = softmax(z_v / T) for logits z_v (batch,
           classes) of view v; f_iv (features,) the global feature of example
           i; T = `temperature`; a = `task_weight`; b = `weight`;
           m = `feature_weight`.
Paper:     Xu & Liu, *Data-Distortion Guided Self-Distillation for Deep
           Neural Networks*, AAAI 2019.
Survey:    Sec 11.3, 13.2 and 16.3, Eqn 27, Table 8, ref [257].
Differs:   confirmed: consistent global feature distributions and posteriors
           across distorted versions (abstract); b = 1, m = 0.0005, T = 3
           (two public codes, which take the squared difference of all logits,
           or of one global mean, for the MMD). Inferred: the linear kernel.
           Each direction of a divergence moves one view, the other being a
           constant, so that m counts twice in the value and once in the
           gradient. Views are crops of padded images and mirror images; both
           run in one pass, with common batch statistics. Give another layer
           as `view`.
"""

import keras

from tfkd import taps
from tfkd.distances import BatchMMD
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import RandomShift

CARD = Card(
    key="ddgsd",
    teacher="none",
    columns={
        "Logits": "Y",
        "Hints": "Feature maps",
        "Data augmentation": "Y",
        "Deep supervision": "N",
        "One stage": "Y",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
    options={"pixels": 1},
)


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "embedding",
    pixels: int = 4,
    mirror: bool = True,
    view: keras.layers.Layer | None = None,
    temperature: float = 3.0,
    weight: float = 1.0,
    feature_weight: float = 0.0005,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier of images.
        feature_tap: Name of f.
        pixels: Largest shift of a view along height and width, at least 0.
        mirror: Whether views are mirrored at random; not for digits.
        view: Layer that makes a random view in training, in the place of
            shifts and mirror images.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        feature_weight: m >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the views.

    Returns:
        A `Distiller`, not compiled. Its `network` runs both views.

    Raises:
        InputError: If a teacher is given, the tap does not exist, the inputs
            are no images, or a number is out of range.
    """
    no_teacher("ddgsd", teacher)
    if view is None:
        view = RandomShift(pixels, mirror, seed=seed)
    names = tuple(dict.fromkeys(("logits", feature_tap)))
    losses = [
        TaskLoss(student_tap="logits_2", weight=task_weight, name="task_2")
    ]
    for own, other in (("", "_2"), ("_2", "")):
        losses += [
            SoftTargets(
                teacher_tap=f"logits{other}",
                student_tap=f"logits{own}",
                temperature=temperature,
                weight=weight,
                name=f"posterior{own}",
            ),
            FeatureMatch(
                teacher_tap=f"{feature_tap}{other}",
                student_tap=f"{feature_tap}{own}",
                distance=BatchMMD(),
                weight=feature_weight,
                name=f"feature_mmd{own}",
            ),
        ]
    return Distiller(
        student=student,
        network=taps.with_view_pair(student, names, view),
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
