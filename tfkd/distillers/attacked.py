"""Distillation on inputs that an attack makes of every batch."""

import keras
from keras import ops

from tfkd import taps
from tfkd.distillers import batch as batch_lib
from tfkd.distillers.distiller import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class AttackedDistiller(Distiller):
    """A `Distiller` of which some losses see attacked inputs.

    The task and the other losses see the batch as it is. The attack runs a
    network in inference mode, and changes none of its state; what it finds is
    a second forward pass of the student, in training mode. TensorFlow only.

    Args:
        attack: A `tfkd.sources.Attack`. The teacher answers for the attacked
            inputs where it is the one that is attacked, else for the clean
            ones.
        attacked: Names of the losses that see attacked inputs.
        **kwargs: See `Distiller`. Both networks have the tap `"logits"`.

    Raises:
        InputError: If a loss does not exist, or none reads the logits.
    """

    def __init__(
        self, *, attack, attacked, name="attacked_distiller", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        # Not by class: tfkd.sources needs TensorFlow where it is imported.
        if not (hasattr(attack, "find") and hasattr(attack, "attacks")):
            raise InputError(
                "attack must be a tfkd.sources.Attack, such as "
                f"tfkd.sources.PGD(value_range=(0, 1)); received {attack!r}."
            )
        self.attack = attack
        self.attacked = tuple(attacked)
        names = [loss.name for loss in self.distillation_losses]
        for name in self.attacked:
            if name not in names:
                raise unknown("distillation loss", name, names)
        read = self.teacher_taps, self._untracked.extractor.taps
        if any("logits" not in names for names in read):
            raise InputError(
                "An attack reads the tap 'logits' of both networks, so losses "
                f"must read it too; they read {read[0]} of the teacher and "
                f"{read[1]} of the student. Add tfkd.losses.SoftTargets()."
            )
        self._logits = Untracked(
            student=taps.Extractor(self.network, ["logits"])
        )

    def _knowledge_loss(self, x, y, y_pred, sample_weight, step):
        views = batch_lib.views(x)
        weight = batch_lib.weight_per_example(sample_weight)
        given = {"labels": y, "index": views.index, "weight": weight}
        teacher = self._teacher_taps(views, y_pred, step)
        clean = self._weighted_sum(
            self._pairs(attacked=False),
            teacher=teacher,
            student=y_pred,
            step=step,
            **given,
        )
        found = self._attack(views, y, teacher, y_pred, step)
        if found.rows is not None:
            given = {
                name: None if part is None else ops.take(part, found.rows, 0)
                for name, part in given.items()
            }
        if found.weight is not None:
            weight = given["weight"]
            weight = found.weight * (1.0 if weight is None else weight)
            given["weight"] = weight
        if self.attack.attacks == "teacher":
            moved = batch_lib.views(found.inputs)
            teacher = self._teacher_taps(moved, y_pred, step)
        return clean + self._weighted_sum(
            self._pairs(attacked=True),
            teacher=teacher,
            student=self._untracked.extractor(found.inputs, training=True),
            step=step,
            **given,
        )

    def _pairs(self, attacked):
        """Losses, and their factors, that see attacked inputs, or do not."""
        factors = self.distillation_loss_weights
        return [
            pair
            for pair in zip(self.distillation_losses, factors)
            if (pair[0].name in self.attacked) == attacked
        ]

    def _student_logits(self, inputs):
        return self._logits.student(inputs, training=False)["logits"]

    def _attack(self, views, labels, teacher, student, step):
        if self.attack.attacks == "teacher":
            _check_alike(views.student, views.teacher)

        def teacher_logits(inputs):
            return self.teacher(inputs, student=None, step=step)["logits"]

        model = {"teacher": teacher_logits, "student": self._student_logits}
        return self.attack.find(
            views.student,
            model[self.attack.attacks],
            labels=labels,
            teacher=teacher["logits"],
            student=student["logits"],
        )

    def parts(self):
        return {
            **super().parts(),
            "attack": keras.saving.serialize_keras_object(self.attack),
            "attacked": list(self.attacked),
        }


def _check_alike(student, teacher):
    shapes = [
        keras.tree.map_structure(lambda part: tuple(part.shape[1:]), view)
        for view in (student, teacher)
    ]
    if shapes[0] != shapes[1]:
        raise InputError(
            "An attack on the teacher changes what the student sees: both "
            f"must see inputs of one shape, received {shapes[0]} of the "
            f"student and {shapes[1]} of the teacher."
        )
