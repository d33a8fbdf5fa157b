"""Pseudo examples: inputs kept beside a few, moved to where imitation fails.

Equation:  min_S sum over {x} and {u} of b KL(p_t || p_s),  p = softmax(z / t),
           times t^2;  u <- u + h d/du of the same
Symbols:   x few real inputs; u `count` pseudo examples, started from some x
           with Gaussian noise of deviation `noise`; z_t, z_s (batch, classes)
           logits; t = `temperature`; h = `step_size`; b = `weight`.
Paper:     Kimura, Ghahramani, Takeuchi, Iwata & Ueda, *Few-shot learning of
           neural networks from scratch by pseudo example optimization*, BMVC
           2018, arXiv:1802.03039.
Survey:    Sec 10.1, Eqn 2, ref [118].
Differs:   the paper's abstract says that pseudo examples are optimized as a
           part of the parameters, beside the imitation of a reference model;
           that they climb, and one step of them after each of the student's,
           is the survey's account and inferred. The paper's reference is a
           Gaussian process fitted to the few examples; here it is any
           teacher.
"""

from tfkd.distillers import PseudoExampleDistiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="pseudo_example",
    status="simplified",
    simplified=(
        "any teacher stands for the paper's Gaussian process, and the "
        "schedule of the pseudo examples is inferred: the paper could not be "
        "read"
    ),
    zero_when_equal=True,
    instead="makes examples of all images, which it is given as one array",
    options={"value_range": (0.0, 16.0), "count": 12},
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    count: int = 100,
    step_size: float = 0.1,
    noise: float = 0.1,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes and inputs, of fixed size.
        value_range: `(low, high)` of raw inputs.
        count: Pseudo examples that are kept, at least 1.
        step_size: h >= 0, for inputs scaled to [-1, 1].
        noise: Of their start, >= 0, likewise.
        temperature: t > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: Of the labels of x, where there are any.
        seed: Of the pseudo examples' start.

    Returns:
        A `PseudoExampleDistiller`, not compiled; the first `fit` needs
        inputs as an array.

    Raises:
        InputError: If classes differ in number, or an argument is out of
            range.
    """
    return PseudoExampleDistiller(
        count=count,
        value_range=value_range,
        step_size=step_size,
        noise=noise,
        seed=seed,
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
