"""RF-Pose: a network of images teaches one of radio signals to see poses.

Equation:  L = -b sum_c sum_ij [ T_ij^c log S_ij^c
                                 + (1 - T_ij^c) log(1 - S_ij^c) ] + const.
               + a L_task
Symbols:   S = sigmoid(z_s(r)), T = sigmoid(z_t(x)) (batch, height, width,
           keypoints) maps of the confidence that keypoint c is at i, j; x
           an image; r the radio signals at the same time, such as a
           horizontal and a vertical map; the constant is the entropy of T,
           so that equal maps cost nothing; b = `weight`; a = `task_weight`.
           In nats.
Paper:     Zhao et al., *Through-Wall Human Pose Estimation Using Radio
           Signals*, CVPR 2018.
Survey:    Sec 12.2.1, Table 9, ref [292]; Eqn 10 on dense maps.
Differs:   confirmed from a public summary of the paper with its formulas:
           synchronized images and signals without labels, confidence maps of
           14 keypoints, the sum of the binary cross-entropy of all pixels.
           `reduce="mean"` is the mean over pixels and keypoints instead. The
           two encoders of the paper, one for each of both radio maps, are
           the student's: a network of two inputs. The survey calls them two
           students.
"""

from tfkd.distances import SigmoidKL
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits

CARD = Card(
    key="rf_pose",
    columns={
        "Uses labels": "N",
        "Source modality": "RGB frames",
        "Target modality": "Heatmaps (of radio signals)",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Confidence maps",
        "Model compression": "N",
    },
    needs=("views",),
    task="segmentation",
    example="""\
x = {"student": x / 2, "teacher": x}
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "logits",
    student_tap: str = "logits",
    reduce: str = "sum",
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": signals, "teacher": images}`,
    where a view may be a dict or a list of a network's several inputs.

    Args:
        teacher: Network of images to maps of keypoints.
        student: Network of signals to maps of the same shape.
        teacher_tap: Name of z_t, before any sigmoid: the tap of a layer that
            ends in one is `"name:pre"`.
        student_tap: Name of z_s, likewise.
        reduce: `"sum"` or `"mean"` over pixels and keypoints.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, maps differ in
            shape, or a number is out of range.
    """
    dense_logits("rf_pose", teacher, student, (teacher_tap, student_tap))
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            distance=SigmoidKL(reduce),
            weight=weight,
            name="confidence_maps",
        ),
        student_loss_weight=task_weight,
    )
