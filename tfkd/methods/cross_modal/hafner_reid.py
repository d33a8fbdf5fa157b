"""Cross-modal re-identification: one space of embeddings for two sensors.

Equation:  L = b 1 / F ||e_t(x_t) - e_s(x_s)||_2^2 + a H(y, softmax(z_s))
Symbols:   x_t, x_s = one scene in two modalities, such as depth and RGB;
           e_t, e_s (batch, F) embeddings of the two networks, of one width;
           b = `weight`; a = `task_weight`.
Paper:     Hafner, Bhuiyan, Kooij & Granger, *Cross-Modal Distillation for
           RGB-Depth Person Re-Identification*, 2018, arXiv:1810.11641.
Survey:    Sec 12.2.1, Table 9, ref [82]; Eqn 10 with paired inputs.
Differs:   confirmed from the abstract: two steps, of which the first (the
           teacher's training on identities) is not part of this; depth
           teaches RGB, or the other way round; one space for both. From the
           survey: the networks share their upper layers. Here `shared_layers`
           start as the teacher's and are frozen. Inferred: the mean over
           elements; `reduce="sum"` gives the sum. The attention between
           modalities of the paper's later version is not offered.
"""

import keras

from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="hafner_reid",
    columns={
        "Uses labels": "N",
        "Source modality": "Depth images",
        "Target modality": "RGB images",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Embeddings",
        "Model compression": "N",
    },
    needs=("views",),
    example="""\
shapes["dense"] = (16,)  # Embeddings of one width.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    shared_layers: tuple = ("logits",),
    weight: float = 1.0,
    reduce: str = "mean",
    task_weight: float = 0.0,
):
    """Builds the distiller; gives the student the teacher's upper layers.

    Every batch carries pairs: `x = {"student": rgb, "teacher": depth}`.

    Args:
        teacher: Network of the modality with identities.
        student: Network of the other one, with an embedding as wide.
        teacher_tap: Name of e_t.
        student_tap: Name of e_s.
        shared_layers: Names of layers that both models have. The student's
            get the teacher's weights and are frozen: its own are lost.
        weight: b >= 0, a number or schedule.
        reduce: `"mean"` or `"sum"` over the embedding.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap or layer does not exist, embeddings or shared
            layers differ in shape, or a number is out of range.
    """
    distiller = Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            distance=LpDistance(p=2, reduce=reduce),
            weight=weight,
            name="embedding",
        ),
        student_loss_weight=task_weight,
    )
    pairs = [
        (_layer(teacher, name), _layer(student, name)) for name in shared_layers
    ]
    for theirs, own in pairs:
        shapes = [[v.shape for v in part.weights] for part in (theirs, own)]
        if shapes[0] != shapes[1]:
            raise InputError(
                "A shared layer must have the same weights in both models; "
                f"{own.name!r} has shapes {shapes[0]} in the teacher and "
                f"{shapes[1]} in the student. Name others in shared_layers."
            )
    for theirs, own in pairs:
        own.set_weights(theirs.get_weights())
        own.trainable = False
    return distiller


def _layer(model, name):
    """A layer of a model, or of a teacher's model."""
    model = getattr(model, "model", model)
    if not isinstance(model, keras.Model):
        raise InputError(
            "hafner_reid shares layers with a teacher that is one network, "
            f"received {type(model).__name__}. Pass shared_layers=()."
        )
    found = {layer.name: layer for layer in model.layers}
    if name not in found:
        raise unknown(f"layer of model {model.name!r}", name, found)
    return found[name]
