"""What distillation did to the weights becomes a prior for other data."""

import keras
from keras import ops

from tfkd import checks
from tfkd.distillers.meta import MetaDistiller
from tfkd.distillers.task_trainer import TaskTrainer
from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class PriorDistiller(MetaDistiller):
    """Learns priors under which learning the task alone comes near a teacher.

    It trains as a `Distiller`. The steps that a `MetaDistiller` tries are on
    the task and the priors here, without the teacher; the priors move to
    where the student's distance from the teacher is less after them.

    Equation:  theta_(i+1) = theta_i - h d/dtheta [L_task + R_phi](theta_i),
               i < T
               phi <- phi - step of d/dphi L_kd(theta_T)
    Symbols:   as in `MetaDistiller`; R the losses with `meta_variables`,
               L_kd the others.

    Args:
        **kwargs: See `MetaDistiller`; a loss without meta-variables is among
            the distillation losses.

    Raises:
        InputError: If none is.
    """

    def __init__(self, *, name="prior_distiller", **kwargs):
        super().__init__(name=name, **kwargs)
        self._priors = [
            loss
            for loss in self.distillation_losses
            if getattr(loss, "meta_variables", ())
        ]
        if len(self._priors) == len(self.distillation_losses):
            raise InputError(
                "Priors learn from distillation, and there is no loss besides "
                f"{[loss.name for loss in self._priors]}. Add one such as "
                "tfkd.losses.FeatureMatch."
            )

    def _plan(self, task, knowledge):
        priors = self._priors
        others = [d for d in self.distillation_losses if d not in priors]

        def without_teacher(y_pred):
            return task(y_pred) + knowledge(y_pred, priors)

        steps = [without_teacher] * self.inner_steps
        return steps, lambda y_pred: knowledge(y_pred, others)


@keras.saving.register_keras_serializable("tfkd")
class PriorTrainer(TaskTrainer):
    """Trains a student on a task under a prior over its weights.

    Equation:  L = L_task + b sum_j s_j |theta_j|
    Symbols:   theta the student's trainable weights; s = `strengths`; b =
               `weight`.

    Args:
        student: A Keras model.
        strengths: An array for each trainable weight, such as those of a
            `tfkd.losses.LearnedPrior`.
        weight: b >= 0.
        name: Name of the model.

    Raises:
        InputError: If the strengths are not those of this architecture, or
            the weight is out of range.
    """

    def __init__(self, *, student, strengths, weight=1.0, name="prior_trainer"):
        super().__init__(name=name)
        wanted = [tuple(v.shape) for v in student.trainable_variables]
        given = [tuple(ops.shape(s)) for s in strengths]
        if wanted != given:
            raise InputError(
                "A prior has a strength for each weight of its architecture, "
                f"of shapes {wanted}; received {given}. Train the student "
                "that it was learned with."
            )
        checks.not_negative(weight=weight)
        self.student = student
        self.weight = float(weight)
        self.strengths = [
            self.add_weight(
                shape, "zeros", trainable=False, name=f"strength{number}"
            )
            for number, shape in enumerate(wanted)
        ]
        for variable, value in zip(self.strengths, strengths):
            variable.assign(value)
        self.built = True

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """Adds the prior to the loss of the task, in training."""
        task = super().compute_loss(
            x, y, y_pred, sample_weight, training=training
        )
        if not training:
            return task
        pairs = zip(self.strengths, self.student.trainable_variables)
        prior = sum(ops.sum(s * ops.abs(v)) for s, v in pairs)
        # As Keras adds a regularizer: once, however many replicas there are.
        prior = self._aggregate_additional_loss(self.weight * prior)
        return task + ops.cast(prior, task.dtype)

    def parts(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "student": serialize(self.student),
            "strengths": [
                ops.convert_to_numpy(s).tolist() for s in self.strengths
            ],
            "weight": self.weight,
            "name": self.name,
        }

    @classmethod
    def from_parts(cls, parts):
        return cls(**keras.saving.deserialize_keras_object(parts))
