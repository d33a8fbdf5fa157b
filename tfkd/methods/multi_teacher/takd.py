"""Teacher assistants: the teacher teaches in steps of size.

Equation:  for each link t -> s of teacher -> assistant 1 -> ... -> student:
           L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
Symbols:   z_t, z_s (batch, classes) logits of the link's two networks;
           T = `temperature`; a = `task_weight`; b = `weight` (1 - lambda and
           lambda of the paper).
Paper:     Mirzadeh et al., *Improved Knowledge Distillation via Teacher
           Assistant*, AAAI 2020, arXiv:1902.03393, Eqn 3.
Survey:    Sec 4.1.4 and 7.1, Tables 1 and 6, ref [173].
Differs:   the authors' code divides the divergence by the number of classes
           (the default of its library); here it is the sum over classes, as
           in the equation. They search T and lambda for each data set; T = 5
           and lambda = 0.5 here. Assistants are architectures: each `fit`
           trains new copies of them, with new weights. Every link is
           trained for as long as the others.
"""

import keras

from tfkd import models
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import FormerStudent

CARD = Card(
    key="takd",
    columns={
        "Method": "Ensemble of distribution",
        "Objective": "Eqn. 2",
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
    options={"assistants": ({"name": "mlp", "units": (16, 8)},)},
)


def build(
    *,
    teacher,
    student,
    assistants: tuple = (),
    temperature: float = 5.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: Classifier, or a `tfkd.teachers.Teacher` with logits.
        student: Classifier of the same classes.
        assistants: From large to small, at least one: Keras models, of which
            copies with new weights are trained, or dicts of arguments of
            `tfkd.models.build` without `input_shape` and `num_classes`,
            which are the student's.
        temperature: T > 0, a number or schedule of one link's steps.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the assistants' weights.

    Returns:
        A `Chain`, not compiled; `fit` trains the assistants and then the
        student, each for the epochs given.

    Raises:
        InputError: If there is no assistant, the classes differ in number,
            or a number is out of range.
    """

    def link(teacher, student):
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=SoftTargets(
                temperature=temperature, weight=weight
            ),
            student_loss_weight=task_weight,
        )

    makers = [
        _maker(assistant, student, seed + number)
        for number, assistant in enumerate(_listed(assistants))
    ]
    networks = [teacher, *(make() for make in makers), student]
    for large, small in zip(networks, networks[1:]):
        link(large, small)  # A mistake shows before any training.

    def of(previous):
        if previous is None:
            return teacher
        return FormerStudent(previous, in_place_of=teacher)

    def stage(make):
        return lambda previous: link(of(previous), make())

    return Chain(
        [stage(make) for make in (*makers, lambda: student)], student=student
    )


def _listed(assistants):
    one = isinstance(assistants, (keras.Model, dict))
    assistants = [assistants] if one else list(assistants)
    if not assistants:
        raise InputError(
            "takd needs at least one assistant, received none. Pass "
            "assistants=(model, ...), or use hinton_kd."
        )
    return assistants


def _maker(assistant, student, seed):
    """Returns a function that makes an assistant with new weights."""
    if isinstance(assistant, dict):
        assistant = models.build(
            **assistant,
            input_shape=student.input_shape[1:],
            num_classes=student.output_shape[-1],
        )
    return lambda: fresh_copy(assistant, seed)
