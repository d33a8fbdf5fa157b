"""Tolerant teacher: generations after one that keeps secondary classes.

Equation:  generation 0:   L = H(y, p) + g (p_(1)
                                - 1/(K-1) sum_(k=2..K) p_(k))
           generation k>0: L = a H(y, softmax(z_k))
                               + b T^2 KL(softmax(z_(k-1) / T)
                                          || softmax(z_k / T))
Symbols:   z_k (batch, classes) logits of generation k; p = softmax(z_0),
           p_(k) its k-th largest entry; K = `top`; g = `tolerance`; T =
           `temperature`; a = `task_weight`; b = `weight`.
Paper:     Yang et al., *Training Deep Neural Networks in Generations: A More
           Tolerant Teacher Educates Better Students*, AAAI 2019,
           arXiv:1805.05551.
Survey:    Sec 4.1.3 and 11.1, Eqn 8, Tables 1 and 8, ref [265].
Differs:   confirmed from the abstract: a term added to the loss of the first
           teacher lets secondary classes emerge, and all generations share
           one architecture. The term is the survey's Eqn 8, with
           probabilities as its scores. Public notes on the paper give it
           the weight 1 - h beside h H: g = (1 - h) / h, up to a factor of
           the loss; for students a = l, b = 1 - l and T = 1. The values of
           g, a and b are inferred.
           Generation 0 and those before the last are copies of the student
           with new weights. With `teacher`, generation 0 has that network's
           architecture, a larger one as the survey has it; the network
           itself is not trained, and its weights are not used.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.losses import TopScoreDifference
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.generations import chain_of_generations
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="tolerant_teacher",
    teacher="none",
    columns={
        "Method": "Imposing strictness",
        "Objective": "Eqn. 8, Eqn. 2",
        "Logits": "Y",
        "Hints": "N",
        "Data augmentation": "N",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
    options={"generations": 2, "top": 3},
)


def build(
    *,
    teacher=None,
    student,
    generations: int = 3,
    top: int = 5,
    tolerance: float = 0.6,
    temperature: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: `None`, or a model whose architecture generation 0 has.
        student: Classifier of at least `top` classes: the last generation.
        generations: Students after generation 0, at least 1.
        top: K, at least 2.
        tolerance: g >= 0, a number or schedule.
        temperature: T > 0, a number or schedule of one generation's steps.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of earlier generations.

    Returns:
        A `Chain`, not compiled; `fit` trains generation 0 and the students
        one after the other, each for the epochs given.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    count = at_least("tolerant_teacher", "generations", generations, 1)
    first_network = student if teacher is None else teacher

    def first(seed):
        return Distiller(
            student=fresh_copy(first_network, seed),
            teacher=SelfTeacher(),
            distillation_losses=TopScoreDifference(top=top, weight=tolerance),
            student_loss_weight=1.0,
        )

    def generation(*, teacher, student):
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=SoftTargets(
                temperature=temperature, weight=weight
            ),
            student_loss_weight=task_weight,
        )

    return chain_of_generations(
        generation, student=student, count=count, seed=seed, first=first
    )
