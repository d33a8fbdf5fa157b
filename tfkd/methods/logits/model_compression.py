"""Model compression: one small network in place of an ensemble.

Equation:  L = b mean_c (softmax(z_s(x))_c - p_c(x))^2 + a H(y, softmax(z_s)),
           p(x) = 1/m sum_i softmax(z_i(x)), x also of MUNGE: inputs that mix
           an example with its nearest neighbour
Symbols:   z_i, z_s (batch, classes) logits of teacher i of m, and of the
           student; b = `weight`; a = `task_weight`.
Paper:     Bucila, Caruana & Niculescu-Mizil, *Model Compression*, KDD 2006.
Survey:    Sec 1, ref [26]: the first statement of knowledge distillation.
Differs:   MUNGE is confirmed from public implementations of the paper's
           algorithm, for continuous inputs. Inferred: the square of
           probabilities as loss (the paper's problems are binary, its
           ensembles selected from many kinds of models). p and the synthetic
           inputs' numbers p = 1/2, s = 1 are options of
           `tfkd.sources.munge`. Where unlabelled inputs are at hand, the
           label -1 marks them, and `copies` is 0.
"""

import keras

from tfkd import sources
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import as_ensemble

CARD = Card(
    key="model_compression",
    teacher="many",
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    copies: int = 0,
    swap: float = 0.5,
    sharpness: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier or a list of classifiers.
        student: Classifier of the same classes.
        copies: Mixed data sets that `fit` adds to the inputs it is given,
            which are then arrays; 0 for none.
        swap: Probability with which MUNGE changes an element, in [0, 1].
        sharpness: s > 0 of MUNGE.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; 0 in the paper: labels are not needed.
        seed: Whole number behind the mixed inputs.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    arguments = {"swap": swap, "sharpness": sharpness, "seed": seed}
    sources.munge([[0.0], [1.0]], **arguments)  # A mistake shows now.
    return MungeDistiller(
        copies=at_least("model_compression", "copies", copies, 0),
        munge=arguments,
        student=student,
        teacher=as_ensemble(teacher),
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=SoftmaxMSE(),
            weight=weight,
            name="compression",
        ),
        student_loss_weight=task_weight,
    )


@keras.saving.register_keras_serializable("tfkd")
class MungeDistiller(Distiller):
    """A `Distiller` that adds synthetic inputs to those it is fitted on.

    Args:
        copies: Mixed data sets to add.
        munge: Arguments of `tfkd.sources.munge`.
        **kwargs: See `Distiller`.
    """

    def __init__(self, *, copies, munge, **kwargs):
        super().__init__(**kwargs)
        self.copies = copies
        self.munge = dict(munge)

    def fit(self, x=None, y=None, **kwargs):
        """Trains on inputs and on mixtures of them."""
        if self.copies:
            if kwargs.get("sample_weight") is not None or not hasattr(
                x, "__array__"
            ):
                raise InputError(
                    "model_compression mixes inputs that are one array, "
                    f"without sample_weight; received {type(x).__name__}. "
                    "Pass an array, or copies=0."
                )
            mixed = sources.munge(x, self.copies, **self.munge)
            x, y = sources.with_unlabelled(x, y, mixed)
        return super().fit(x, y, **kwargs)

    def parts(self):
        return {**super().parts(), "copies": self.copies, "munge": self.munge}
