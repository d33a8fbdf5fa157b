"""UMMKD: two modalities of one network confuse classes alike.

Equation:  L = a [L_task(y, z) + L_task(y', z')]
               + b 1/C sum_c 1/2 [KL(q_c || q'_c) + KL(q'_c || q_c)] ,
           q_c = softmax(1/T mean_(i: y_i = c) z_i)
Symbols:   z, z' (batch, h, w, C) logits of two modalities, such as CT and
           MRI, whose images are no pairs; y, y' their labels; i pixels of the
           whole batch; T = `temperature`; b = `weight`; a = `task_weight`.
Paper:     Dou, Liu, Heng & Glocker, *Unpaired Multi-modal Segmentation via
           Knowledge Distillation*, IEEE TMI 2020, arXiv:2001.03111.
Survey:    Sec 12.2 and 15.1, Eqn 27, Table 9, ref [55], which says that no
           labels are used: both modalities have them.
Differs:   confirmed in the authors' code: mean logits of a class over the
           batch, T = 2, half the sum of both divergences, b = 0.5, gradients
           on both sides, kernels that both modalities share beside batch
           normalizations of their own. There a class that is missing has
           equal probabilities; here it does not count. The task loss, there
           Dice and a weighted cross-entropy, is the one that is compiled.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import ClassConfusions
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="ummkd",
    columns={
        "Uses labels": "N",
        "Source modality": "CT images",
        "Target modality": "MRI images",
        "Number of teachers": "One",
        "On-line": "Y",
        "Knowledge": "Logits",
        "Model compression": "Y",
    },
    teacher="none",
    task="segmentation",
    example="""\
from tfkd.models import per_modality

student = per_modality.build(student, ("ct", "mri"))
x = {"ct": x[:32], "mri": 16 - x[32:]}
labels = {"ct": labels[:32], "mri": labels[32:]}
loss = {"ct": task.loss(), "mri": task.loss()}
""",
)


def build(
    *,
    teacher=None,
    student,
    temperature: float = 2.0,
    weight: float = 0.5,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries as many images of either modality, in no order:
    `x = {"ct": images, "mri": images}`, labels likewise, and a loss for each.

    Args:
        teacher: `None`: each modality teaches the other.
        student: A network of two modalities, two named outputs of dense
            logits: see `tfkd.models.per_modality`.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, the student has not two named
            outputs of dense logits, or a number is out of range.
    """
    no_teacher("ummkd", teacher)
    names = taps.output_names(student)
    shapes = [taps.shape(student, name) for name in names]
    if len(names) != 2 or any(len(shape) != 4 for shape in shapes):
        raise InputError(
            "ummkd needs a segmenter of two modalities, whose outputs are a "
            "dict of both to dense logits (batch, height, width, classes); "
            f"received outputs {list(names)} of shapes {shapes}. Build it "
            "with tfkd.models.per_modality.build(model, names)."
        )
    return Distiller(
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=ClassConfusions(
            names=names, temperature=temperature, weight=weight
        ),
        student_loss_weight=task_weight,
    )
