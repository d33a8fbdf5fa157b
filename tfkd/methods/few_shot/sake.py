"""SAKE: fine-tune for new classes, and keep what was known of the old.

Equation:  L = a H(y, softmax(z_s))
               + b KL( softmax(z_t + l A_y) || softmax(V h + c) )
Symbols:   z_s (batch, classes) the student's logits of the benchmark's
           classes, y one of them; z_t (batch, old classes) the logits of the
           network that was there before, on ImageNet; V, c a further layer
           on the student's features h that scores the old classes, trained;
           A (classes, old classes) `similarity` of the words for them, A_y
           its row of the label; l = `share`; b = `weight`; a =
           `task_weight`.
Paper:     Liu, Xie, Wang & Yuille, *Semantic-Aware Knowledge Preservation
           for Zero-Shot Sketch-Based Image Retrieval*, ICCV 2019,
           arXiv:1904.03208.
Survey:    Sec 10.1 and 14.1, ref [148].
Differs:   confirmed from the authors' code: the cross-entropy from
           softmax(z_t + 0.3 A_y), of a layer of its own, with a weight of 1
           besides the benchmark's; a divergence here: the same gradient.
           There only photos have the second term. Without `similarity` A is
           0: the teacher's answer alone. Retrieval is by h.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SemanticTargets
from tfkd.methods.card import Card

CARD = Card(
    key="sake",
    status="simplified",
    simplified=(
        "sketches and photos are not told apart: the student has no gate for "
        "each modality, and sketches keep old knowledge, too"
    ),
)


def build(
    *,
    teacher,
    student,
    similarity: tuple | None = None,
    student_tap: str = "embedding",
    share: float = 0.3,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of the old classes, on the same images.
        student: Classifier of the benchmark's classes, that usually starts
            with the teacher's features.
        similarity: A, a row for each class of the student with a number for
            each of the teacher: such as path similarities in WordNet.
        student_tap: Name of h, vectors.
        share: l >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the first values of V.

    Returns:
        A `Distiller`, not compiled. Its `network` scores the old classes,
        too; its `student` does not.

    Raises:
        InputError: If a tap does not exist or is no vector, `similarity`
            does not fit the classes, or a number is out of range.
    """
    features = taps.shape(student, student_tap)
    if len(features) != 2:
        raise InputError(
            "sake scores old classes from a vector (batch, features), "
            f"received the tap {student_tap!r} of shape {features}."
        )
    old = taps.shape(teacher, "logits")[-1]

    def scores(inputs, tensors):
        layer = keras.layers.Dense(
            old,
            kernel_initializer=keras.initializers.GlorotUniform(seed),
            name="old_classes",
        )
        return {"old_classes": layer(tensors[student_tap])}

    names = tuple(dict.fromkeys(("logits", student_tap)))
    return Distiller(
        student=student,
        network=taps.extend(student, names, scores),
        teacher=teacher,
        distillation_losses=SemanticTargets(
            similarity=similarity,
            student_tap="old_classes",
            share=share,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
