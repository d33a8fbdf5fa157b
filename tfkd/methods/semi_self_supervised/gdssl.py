"""Generalized distillation for few labels: a teacher that knows more.

Equation:  L = a H(y, softmax(z_s(x)))                     for labelled x
               + b mean_c (softmax(z_s(x))_c - softmax(z_t(x*))_c)^2
               + g sum_j W_ij ||p_i - p_j||^2 / sum_j W_ij
Symbols:   x the student's input; x* privileged information on the same
           example; z_t, z_s (batch, classes) logits; p = softmax(z_s); W a
           graph of `neighbors` nearest x, see
           `tfkd.losses.GraphSmoothness`; a = `task_weight`; b = `weight`;
           g = `smoothness`.
Paper:     Gong, Chang, Fang & Yang, *Teaching Semi-Supervised Classifier via
           Generalized Distillation*, IJCAI 2018.
Survey:    Sec 7.3 and 13.1, ref [75].
Differs:   confirmed from the paper's abstract and first figure: the teacher
           labels all examples softly from privileged information, its labels
           are joined with the given ones, and the learner is a
           semi-supervised one on the regular inputs. Inferred: squares, the
           graph, and all numbers.
"""

import keras

from tfkd import taps
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import GraphSmoothness
from tfkd.methods.card import Card

CARD = Card(
    key="gdssl",
    status="simplified",
    simplified=(
        "the learner as a function in a kernel space that is found in closed "
        "form, over a graph of all examples: here it is a network, trained by "
        "gradient over graphs of batches"
    ),
    needs=("views", "unlabelled"),
)


def build(
    *,
    teacher,
    student,
    weight: float = 10.0,
    smoothness: float = 0.1,
    neighbors: int = 5,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries pairs, `x = {"student": x, "teacher": privileged}`,
    and labels, -1 for none.

    Args:
        teacher: Classifier of the privileged information.
        student: Classifier of the same classes, of one input.
        weight: b >= 0, a number or schedule.
        smoothness: g >= 0, a number or schedule.
        neighbors: Nearest examples of a batch, at least 1.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, the student has several
            inputs, or a number is out of range.
    """
    if len(student.inputs) != 1:
        raise InputError(
            "gdssl draws a graph over the student's input, which must be "
            f"one; {student.name!r} has {len(student.inputs)}."
        )

    def extra(inputs, tensors):
        inputs = keras.tree.flatten(inputs)[0]
        return {"features": keras.layers.Identity(name="features")(inputs)}

    return Distiller(
        student=student,
        network=taps.extend(student, ["logits"], extra),
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap="logits",
                student_tap="logits",
                distance=SoftmaxMSE(),
                weight=weight,
                name="teaching",
            ),
            GraphSmoothness(
                feature_tap="features",
                neighbors=neighbors,
                weight=smoothness,
            ),
        ],
        student_loss_weight=task_weight,
    )
