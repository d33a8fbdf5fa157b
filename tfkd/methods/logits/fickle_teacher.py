"""Fickle teacher: its dropout stays on, so that it never answers twice alike.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T)),
           z_t = f_t(x; m), a new dropout mask m at every step
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`;
           a = `task_weight`; b = `weight`; dropout rate = `rate`.
Paper:     Arani, Sarfraz & Zonooz, *Noise as a Resource for Learning in
           Knowledge Distillation*, WACV 2021, arXiv:1910.05057.
Survey:    Sec 4.1.2, Eqns 6-7, Table 1, ref [205].
Differs:   confirmed from the paper's abstract: dropout in the teacher is the
           source of its variation. A rate of 0.4 names the teachers of the
           authors' experiment scripts; here each dropout layer keeps its own
           rate, unless `rate` is given. Weights and T are those of
           `hinton_kd`. Batch normalization stays in inference mode.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import DropoutTeacher

CARD = Card(
    key="fickle_teacher",
    columns={
        "Method": "Learning from noisy labels",
        "Objective": "Eqn. 6 or Eqn. 7",
    },
    example="""\
teacher = tfkd.models.build(
    "cnn", filters=(16, 32, 64), dropout=0.3, **shapes
)
""",
)


def build(
    *,
    teacher,
    student,
    rate: float | None = None,
    dropped_layers: tuple = (),
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier with dropout layers. Its answers must not be
            stored: they differ at every step.
        student: Classifier of the same classes.
        rate: Dropout rate in [0, 1) of all of the teacher's dropout layers;
            each its own if absent.
        dropped_layers: Names of further layers whose results are dropped, at
            `rate`: for a teacher without dropout layers.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.
        seed: Whole number behind the masks.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the teacher drops nothing, the classes differ in
            number, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=DropoutTeacher(
            teacher, rate=rate, taps=dropped_layers, seed=seed
        ),
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
