"""CRD: an example's two embeddings agree, and differ from other examples'.

Equation:  per side, u against the other side's memory v:
           P_j = exp(u . v_j / tau) / Z,   h_j = P_j / (P_j + K / N)
           L_side = -log h_i - sum_(K negatives j) log(1 - h_j)
           L = H(y, softmax(z_s)) + b (L_student + L_teacher) [+ g T^2 KL]
           v_i <- (m v_i + (1 - m) u_i) / ||.||_2 after the step
Symbols:   u (batch, `units`) unit vectors, a trained linear map of the
           embedding; v (N, `units`) memories; N = `size`, K = `negatives`;
           tau = `nce_temperature`; m = `momentum`; b = `weight`;
           g = `soft_weight`; T = `temperature`; Z from the first batch.
Paper:     Tian, Krishnan & Isola, *Contrastive Representation
           Distillation*, ICLR 2020, arXiv:1910.10699, Sec 3.
Survey:    Sec 3 and 4.1.1, Eqn 5 with q by noise-contrastive estimation,
           Table 1, ref [227]. The survey files it under logits; it works on
           embeddings, and the task loss is all that it has of Eqn 2.
Differs:   negatives are any examples of the data set; drawing them from
           other classes, the paper's supervised variant and the default of
           the authors' released code, is not offered.
           Not InfoNCE, which is a softmax over candidates without Z.
"""

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import MemoryContrast
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="crd",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
    needs=("index",),
    options={"size": 64, "negatives": 6, "units": 8},
)


def build(
    *,
    teacher,
    student,
    size: int | None = None,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    negatives: int = 16384,
    units: int = 128,
    nce_temperature: float = 0.07,
    momentum: float = 0.5,
    weight: float = 0.8,
    soft_weight: float = 0.0,
    temperature: float = 4.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Batches are `x = {"student": images, "index": numbers}`, where each
    training example has a number of its own in 0 to `size - 1`.

    Args:
        teacher: Network; the tap may have any known shape.
        student: Likewise.
        size: N, the number of training examples; must be given.
        teacher_tap: Name of the teacher's embedding.
        student_tap: Name of the student's embedding.
        negatives: K >= 1. A step takes batch * (N + K) numbers.
        units: Width of the compared embeddings.
        nce_temperature: tau > 0.
        momentum: m in [0, 1).
        weight: b >= 0.
        soft_weight: g >= 0; 0 is CRD alone, 1 the paper's CRD + KD.
        temperature: T > 0, where `soft_weight` is not 0.
        task_weight: Factor of the task loss.
        seed: Of the negatives and of the memories' start.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If `size` is absent, a tap does not exist, or an argument
            is out of range.
    """
    if size is None:
        raise InputError(
            "crd remembers every training example: `size` must be their "
            "number, received None. Pass size=len(images)."
        )
    losses = [
        MemoryContrast(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            size=size,
            negatives=negatives,
            units=units,
            temperature=nce_temperature,
            momentum=momentum,
            seed=seed,
            weight=weight,
            name="crd",
        )
    ]
    if soft_weight != 0:
        losses.append(SoftTargets(temperature=temperature, weight=soft_weight))
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
