"""BiC: new classes with old exemplars, then their bias is corrected.

Equation:  stage 1 (`fit`):  L = (1 - l) H(y, softmax(o))
                                 + l KL(softmax(o_t / T) || softmax(o_1..n / T))
           stage 2 (`correct_bias`):  min over alpha, beta of
             H(y, softmax(q)) + r/2 ((alpha - 1)^2 + beta^2),
             q_k = o_k for k <= n, alpha o_k + beta for k > n
Symbols:   o (batch, n + m) student's logits, o_1..n those of old classes,
           o_t (batch, n) the old model's; T = `temperature`; l = `weight`,
           n / (n + m) if absent; r = `ridge`.
Paper:     Wu et al., *Large Scale Incremental Learning*, CVPR 2019,
           arXiv:1905.13260.
Survey:    Sec 14.2.1, ref [252].
Differs:   KL instead of cross-entropy between softened classes, the same
           gradient, without T^2 as in the paper. Stage 2 is convex in its
           two numbers: Newton's method on the whole split solves it, where
           the paper takes gradient steps; r keeps the solution finite where
           the split is separable, and is 0 in the paper. l and the missing
           T^2 were confirmed in FACIL's code, the stages in the authors'.
"""

import keras
import numpy as np

from tfkd import schedules
from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.models import heads
from tfkd.models.bias_correction import fit_correction
from tfkd.transforms import FirstClasses

CARD = Card(
    key="bic",
    example="""\
from tfkd.models.heads import grow

shapes["num_classes"] = 8  # The old classes.
teacher = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
student = grow(teacher, 2)
""",
)


@keras.saving.register_keras_serializable("tfkd")
class BiasCorrectedDistiller(Distiller):
    """A `Distiller` with a second stage for the student's last layer."""

    ridge = 0.0

    def correct_bias(self, x, y, batch_size=None):
        """Stage 2: fits the correction on a balanced validation split.

        Args:
            x: Examples that `fit` has not seen, as many of every class: see
                `tfkd.sources.balanced_split`.
            y: Their classes `(examples,)`.
            batch_size: Of the predictions.

        Returns:
            alpha and beta.

        Raises:
            InputError: If `y` is not one class of the student each.
        """
        layer = heads.correction(self.student)
        y = np.asarray(y).reshape(-1)
        if len(y) == 0 or y.min() < 0 or y.max() >= layer.stop:
            raise InputError(
                "The correction needs labelled examples of the classes 0 to "
                f"{layer.stop - 1}, received {np.unique(y)}."
            )
        before = keras.Model(self.student.inputs, layer.input)
        logits = before.predict(x, batch_size=batch_size, verbose=0)
        alpha, beta = fit_correction(
            logits, y, start=layer.start, ridge=self.ridge
        )
        layer.alpha.assign(alpha)
        layer.beta.assign(beta)
        return alpha, beta


def build(
    *,
    teacher,
    student,
    old_classes: int | None = None,
    temperature: float = 2.0,
    weight: float | None = None,
    ridge: float = 1e-3,
):
    """Builds the distiller.

    Fit it on the new classes' examples and the old ones' exemplars (see
    `tfkd.sources.Exemplars`), then call `correct_bias`. Each further step
    grows the corrected student again.

    Args:
        teacher: The old model, a classifier of n classes.
        student: `tfkd.models.heads.grow(teacher, m)`.
        old_classes: n, which is the teacher's number of classes; checked
            where it is given.
        temperature: T > 0.
        weight: l in [0, 1].
        ridge: r >= 0.

    Returns:
        A `Distiller` with `correct_bias(x, y)`, not compiled.

    Raises:
        InputError: If the student does not end in a bias correction of the
            new classes, or a number is out of range.
    """
    tap = "outputs" if heads.correction(_model(teacher)) else "logits"
    known = taps.shape(teacher, tap)[-1]
    layer = heads.correction(student)
    if (
        layer is None
        or layer.start != known
        or old_classes
        not in (
            None,
            known,
        )
    ):
        raise InputError(
            "bic needs a student that ends in a BiasCorrection of the classes "
            f"that the teacher does not know; received a teacher of {known} "
            f"classes, old_classes={old_classes!r} and a student "
            + (
                "without one"
                if layer is None
                else f"corrected from {layer.start}"
            )
            + ". Make it with tfkd.models.heads.grow(teacher, new_classes)."
        )
    if weight is None:
        weight = known / layer.stop
    if not 0 <= weight <= 1 or not 0 <= ridge < float("inf"):
        raise InputError(
            "bic needs a weight in [0, 1] and a finite ridge >= 0, received "
            f"weight={weight!r}, ridge={ridge!r}."
        )
    model = BiasCorrectedDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=tap,
            student_tap="outputs",
            student_transform=FirstClasses(known),
            distance=SoftmaxKL(temperature=temperature),
            weight=schedules.Constant(weight),
            name="old_classes",
        ),
        student_loss_weight=1.0 - weight,
    )
    model.ridge = ridge
    return model


def _model(teacher):
    return getattr(teacher, "model", teacher)
