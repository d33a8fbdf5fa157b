"""DualNet: two networks side by side learn features the other lacks.

Equation:  phase 1:  L = H(y, softmax(c_1(f_1)))
           phase 2:  L = a H(y, p) + b H(y, softmax(c_2(f_2))), f_1 frozen
           phase 3:  L = a H(y, p) + b H(y, softmax(c_1(f_1))), f_2 frozen
           ...       phases 2 and 3 in turn, `rounds` of them
           last:     L = a H(y, p) + b sum_i H(y, softmax(c_i(f_i)))
           p = softmax(c((f_1 + f_2) / 2))
Symbols:   f_i (batch, features) of the two extractors; c the student's
           classifier; c_i auxiliary classifiers, there in training only; a =
           `task_weight`; b = `auxiliary_weight`.
Paper:     Hou, Liu & Wang, *DualNet: Learn Complementary Features for Image
           Recognition*, ICCV 2017.
Survey:    Sec 7.6 and 8.1, Table 6, ref [103].
Differs:   confirmed from the abstract and the authors' settings: a fused
           classifier of the mean of both features and an auxiliary one on
           each, iterative training of one extractor while the other is
           frozen, then joint fine-tuning; the first network is trained alone
           before; b = 0.3; one round. There the fused classifier starts from
           that of the first network. The sum over classifiers at inference
           is left to the fused one: the student is the joined network.
"""

import keras

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import Distiller
from tfkd.distillers import PartDistiller
from tfkd.errors import InputError
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.models import exits
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="dualnet",
    teacher="none",
    columns={
        "Ensemble logits": "N",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
    },
    example="""\
from tfkd.models.fusion import side_by_side
other = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
student = side_by_side(student, other)
""",
)

_AUXILIARY = ("auxiliary1", "auxiliary2")


def build(
    *,
    teacher=None,
    student,
    rounds: int = 1,
    first_tap: str = "first",
    second_tap: str = "second",
    auxiliary_weight: float = 0.3,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: `None`: the two halves of the student learn together.
        student: Classifier of two extractors whose features are fused, such
            as `tfkd.models.fusion.side_by_side` makes of two networks.
        rounds: Phases in which one extractor is frozen, at least 1.
        first_tap: Name of f_1.
        second_tap: Name of f_2.
        auxiliary_weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the auxiliary classifiers.

    Returns:
        A `Chain`, not compiled; `fit` trains `rounds` + 2 phases one after
        the other, each for the epochs given.

    Raises:
        InputError: If there is a teacher, the student has no such taps or
            one lies behind the other, or a number is out of range.
    """
    no_teacher("dualnet", teacher)
    at_least("dualnet", "rounds", rounds, 1)
    extractors = (first_tap, second_tap)
    _check_apart(student, extractors)

    tensors = {}

    def phase(kind, names, weight, task, **part):
        def make(previous):
            if previous is None:
                # Every `fit` starts with new auxiliary classifiers.
                tensors.update(_with_auxiliary(student, extractors, seed))
            # A classifier that a phase does not use is no part of its
            # network.
            kept = ("outputs", *extractors, "logits", *names)
            outputs = {name: tensors[name] for name in kept}
            return kind(
                student=student,
                network=keras.Model(tensors["inputs"], outputs),
                teacher=SelfTeacher(),
                distillation_losses=[
                    TaskLoss(
                        student_tap=name, weight=weight, name=f"task_{name}"
                    )
                    for name in names
                ],
                student_loss_weight=task,
                **part,
            )

        return make

    alternating = [
        phase(
            PartDistiller,
            (_AUXILIARY[1 - turn % 2],),
            auxiliary_weight,
            task_weight,
            start=extractors[turn % 2],
        )
        for turn in range(rounds)
    ]
    phases = [
        phase(PartDistiller, _AUXILIARY[:1], 1.0, 0.0, end=first_tap),
        *alternating,
        phase(Distiller, _AUXILIARY, auxiliary_weight, task_weight),
    ]
    for make in phases:
        make(None)  # Mistakes are found before any training.
    return Chain(phases, student=student)


def _with_auxiliary(student, extractors, seed):
    """Returns symbolic tensors of a student with auxiliary classifiers."""

    def extra(inputs, tensors):
        classes = tensors["logits"].shape[-1]
        return {
            name: exits.classifier(
                exits.pooled(tensors[tap]),
                classes,
                name=name,
                seed=seed + number,
            )
            for number, (name, tap) in enumerate(zip(_AUXILIARY, extractors))
        }

    network = taps.extend(student, (*extractors, "logits"), extra)
    return {"inputs": network.input, **network.output}


def _check_apart(student, extractors):
    """Raises where two extractors have layers in common."""
    first, second = (
        {id(layer) for layer in taps.layers_of(student, tap)}
        for tap in extractors
    )
    shapes = [taps.shape(student, tap) for tap in extractors]
    if first & second or not first or not second:
        raise InputError(
            "dualnet needs two extractors with weights and without a layer "
            f"in common, received the taps {extractors} of shapes {shapes}. "
            "Make such a student with tfkd.models.fusion.side_by_side."
        )
