"""Born-again networks: each generation learns from the one before.

Equation:  generation k:  L = a H(y, softmax(z_k))
                              + b T^2 KL(softmax(z_(k-1) / T)
                                         || softmax(z_k / T))
Symbols:   z_k (batch, classes) logits of generation k; z_0 of the teacher;
           T = `temperature`; a = `task_weight`, 0 in "BAN", 1 in "BAN+L";
           b = `weight`.
Paper:     Furlanello et al., *Born-Again Neural Networks*, ICML 2018,
           arXiv:1805.04770.
Survey:    Sec 4.1.3, 7 and 11.1, Tables 1, 6 and 8, ref [65].
Differs:   the two analyses of the paper, CWTM (labels weighted by the
           teacher's confidence) and DKPP (permuted secondary classes), are
           not offered. The paper's ensemble of generations is one for
           prediction: `tfkd.teachers.EnsembleTeacher` joins models.
           Generations before the last are copies of the student with new
           weights; the last is the student itself, which starts with the
           weights that it has.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.generations import chain_of_generations

CARD = Card(
    key="ban",
    columns={
        "Method": "Imposing strictness",
        "Objective": "Eqn. 2",
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
        "Logits": "Y",
        "Hints": "N",
        "Data augmentation": "N",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
    options={"generations": 2},
)


def build(
    *,
    teacher,
    student,
    generations: int = 3,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: Generation 0, trained: in the paper a network of the
            student's architecture.
        student: Classifier of the same classes: the last generation.
        generations: Students trained, the last one included; at least 1.
        temperature: T > 0, a number or schedule of one generation's steps.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of earlier generations.

    Returns:
        A `Chain`, not compiled; `fit` trains the generations one after the
        other, each for the epochs given.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    count = at_least("ban", "generations", generations, 1)

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
        generation, student=student, count=count, seed=seed, teacher=teacher
    )
