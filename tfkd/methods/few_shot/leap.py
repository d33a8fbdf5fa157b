"""Leap: weights to start from, whose paths of learning are short.

Equation:  theta_(i+1) = theta_i - h grad f_i(theta_i)
           min over theta_0 of the mean over tasks of
           sum_i || (theta_(i+1), f_(i+1)) - (theta_i, f_i) ||_2^p
Symbols:   theta_0 the student's weights; f_i the compiled loss on part i of
           a task; K = `inner_steps` parts; h = `inner_learning_rate`; p = 1
           for `distance="length"`, 2 for `"energy"`.
Paper:     Flennerhag, Moreno, Lawrence & Damianou, *Transferring Knowledge
           across Learning Processes*, ICLR 2019, arXiv:1812.01054.
Survey:    Sec 14.1 and 14.3, ref [61].
Differs:   confirmed in the authors' public code: the gradient that is pulled
           forward along the path, its norm, the stabilizer, SGD of 0.1
           within and outside, 20 tasks a step. Gradient descent within a
           task is plain. K is 100 there; here it is the user's, since a
           batch is one task: `batch_size` examples, in their order and with
           labels of the task's own, in K parts (`fit(..., shuffle=False)`).
           Tasks a step are the optimizer's `gradient_accumulation_steps`.
"""

from tfkd.distillers import LearningPaths
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher

CARD = Card(
    key="leap",
    teacher="none",
    options={"inner_steps": 2},
    instead="learns where training on tasks starts",
)


def build(
    *,
    teacher=None,
    student,
    inner_steps: int = 10,
    inner_learning_rate: float = 0.1,
    distance: str = "length",
    stabilize: bool = True,
):
    """Builds the training.

    Args:
        teacher: `None`: what is transferred are earlier trainings.
        student: A model.
        inner_steps: K >= 2; a batch is a multiple of it.
        inner_learning_rate: h > 0.
        distance: `"length"` or `"energy"` of a path.
        stabilize: Whether a step up the loss counts as one down.

    Returns:
        A `LearningPaths`, not compiled. Its student holds the weights to
        start a task from. It needs the TensorFlow backend.

    Raises:
        InputError: If a teacher is given, or an argument is out of range.
    """
    no_teacher("leap", teacher)
    return LearningPaths(
        student=student,
        inner_steps=inner_steps,
        inner_learning_rate=inner_learning_rate,
        distance=distance,
        stabilize=stabilize,
    )
