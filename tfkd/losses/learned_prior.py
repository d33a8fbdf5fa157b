"""A prior over the student's weights that is learned."""

import keras
from keras import ops

from tfkd.losses.base import KDLoss
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class LearnedPrior(KDLoss):
    """The absolute weights of the student, each with a strength of its own.

    Equation:  L = sum_j softplus(phi_j) |theta_j|, the same for every example
    Symbols:   theta the student's trainable weights; phi one number for
               each, at the start `initial`.
    Paper:     the form is that of Balaji, Sankaranarayanan & Chellappa,
               *MetaReg: Towards Domain Generalization using
               Meta-Regularization*, NeurIPS 2018, with strengths that stay
               positive.

    Trained on L itself the strengths would fall for ever: they are
    `meta_variables`, which a `MetaDistiller` trains. It reads no tap but the
    outputs, which say how many examples there are.

    Args:
        initial: Of phi.
        **kwargs: See `KDLoss`.
    """

    student_taps = ("outputs",)

    def __init__(self, *, initial=-9.0, name="learned_prior", **kwargs):
        super().__init__(name=name, **kwargs)
        self.initial = float(initial)
        self._found = Untracked(weights=[])

    def attach(self, teacher, student):
        self._found = Untracked(weights=list(student.trainable_variables))

    def setup(self, teacher, student):
        self.meta_variables = [
            self.add_weight(
                tuple(weight.shape),
                keras.initializers.Constant(self.initial),
                name=f"phi{number}",
            )
            for number, weight in enumerate(self._found.weights)
        ]
        super().setup(teacher, student)

    def strengths(self):
        """Returns softplus(phi), an array for each of the weights."""
        return [
            ops.convert_to_numpy(ops.softplus(phi))
            for phi in self.meta_variables
        ]

    def penalty(self):
        """The sum, a scalar."""
        return sum(
            ops.sum(ops.softplus(phi) * ops.abs(ops.cast(w, phi.dtype)))
            for phi, w in zip(self.meta_variables, self._found.weights)
        )

    def values(self, teacher, student, *, labels, index, step):
        outputs = keras.tree.flatten(student["outputs"])[0]
        return ops.broadcast_to(self.penalty(), ops.shape(outputs)[:1])

    def get_config(self):
        return {**super().get_config(), "initial": self.initial}
