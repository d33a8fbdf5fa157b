"""Mapping nearly anything: photos on the ground teach a view from above.

Equation:  L = sum_k w_k T^2 KL(softmax(z_k(g) / T) || softmax(s_k(a) / T))
Symbols:   a an overhead image; g a photo that was taken there; z_k
           (batch, classes) logits of network k on the ground: of an image's
           class, of a scene's, of objects; s_k those of the student's head
           of the same name; w = `weights`; T = `temperature`.
Paper:     Salem, Greenwell, Blanton & Jacobs, *Learning to Map Nearly
           Anything*, IGARSS 2019, arXiv:1909.06928.
Survey:    Sec 12.2.2, Table 9, ref [203]; Eqn 23 kept for each teacher.
Differs:   confirmed from the abstract and introduction: off-the-shelf
           networks for image classes, scene classes and objects; a head for
           each, which predicts a distribution; no label by hand. Inferred
           from the survey: the divergence, T = 1 and equal weights. A
           detector takes part as a model to logits of its categories, such
           as the logarithm of how often it finds each.
"""

from tfkd.methods.answers_by_head import distiller_by_head
from tfkd.methods.card import Card

CARD = Card(
    key="map_anything",
    columns={
        "Uses labels": "N",
        "Source modality": "Scene classification, object detection",
        "Target modality": "Localization",
        "Number of teachers": "Three",
        "On-line": "N",
        "Knowledge": "Soft labels",
        "Model compression": "N",
    },
    needs=("views",),
    teacher="many",
    example="""\
from tfkd.models import named_heads

heads = {"classes": 10, "scenes": 10, "objects": 10}
student = named_heads.build(student, heads)
teachers = {"classes": teacher, "scenes": other, "objects": other}
loss = {name: loss for name in heads}
labels = {name: labels for name in heads}  # They count nothing.
""",
)


def build(
    *,
    teacher,
    student,
    temperature: float = 1.0,
    weights: dict | None = None,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs of one place:
    `x = {"student": overhead image, "teacher": photo}`. Labels, if there are
    any, are a dict of the heads' names.

    Args:
        teacher: Dict of a head's name to the network that teaches it.
        student: Network of overhead images with a dict of logits, one a head.
        temperature: T > 0, a number or schedule.
        weights: w, a dict of a head's name to a number >= 0 or schedule; 1
            where absent.
        task_weight: Of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If heads and teachers do not fit, or a number is out of
            range.
    """
    return distiller_by_head(
        "map_anything",
        teacher=teacher,
        student=student,
        temperature=temperature,
        weights=weights,
        task_weight=task_weight,
    )
