"""N2N: a policy removes layers of a network, another one narrows the rest.

Equation:  R = C (2 - C) A_s / A_t,  C = 1 - n_s / n_t
           policy: a_d <- a_d + r (R - mean of earlier R) (e_o - softmax(a_d))
           child: L = b mean (z_t - z_s)^2 + c H(y, softmax(z_s))
Symbols:   A accuracy on held-out examples, of the child after
           `trial_epochs` and of the teacher; n trainable weights; d a layer
           that may go, then one that may keep a share of its filters; o what
           was drawn; z (batch, classes) logits; r = `policy_rate`; b =
           `weight`; c = `task_weight`; y labels.
Paper:     Ashok, Rhinehart, Beainy & Kitani, *N2N Learning: Network to
           Network Compression via Policy Gradient Reinforcement Learning*,
           ICLR 2018, arXiv:1709.06030.
Survey:    Sec 14.3.2 and 17.1, ref [15].
Differs:   confirmed in the authors' public code: the reward, first layers
           and those that change shapes stay, children start with new weights
           and learn the teacher's logits by squared error for 5 epochs, 5
           children an iteration, 100 iterations a stage, shares 0.25 to 1. A
           child of the same size has R = 0 here, -1 there; each choice has
           its own reward here, the mean of the iteration there.
"""

import functools

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import ArchitectureSearch
from tfkd.distillers import Distiller
from tfkd.distillers import searches
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import positive
from tfkd.models import reductions

CARD = Card(
    key="n2n",
    instead="looks for a student of its own",
    status="simplified",
    simplified=(
        "the policies have one preference an option and layer: recurrent "
        "networks that read all layers, and could be moved to another "
        "network, are left out"
    ),
    options={"iterations": 1, "samples": 2, "trial_epochs": 1},
)


def build(
    *,
    teacher,
    student,
    iterations: int = 100,
    samples: int = 5,
    shares: tuple = (0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    policy_rate: float = 1.0,
    trial_epochs: int = 5,
    held_out: float = 0.2,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the search.

    Args:
        teacher: Classifier.
        student: The network that is reduced, of the same classes: usually
            of the teacher's architecture.
        iterations: Of each policy, at least 1.
        samples: Children an iteration, at least 1.
        shares: Of a convolution's filters that may stay, in (0, 1].
        policy_rate: r > 0.
        trial_epochs: Of a child before its reward, at least 1.
        held_out: Share of the labelled examples that judge, in (0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: c >= 0, a number or schedule.
        seed: Of choices and weights.

    Returns:
        An `ArchitectureSearch`, not compiled; its `student` is the network
        that was found.

    Raises:
        InputError: If nothing of the student can be reduced, classes differ
            in number, or a number is out of range.
    """
    rate = positive("n2n", "policy_rate", policy_rate)
    if taps.shape(teacher, "logits") != taps.shape(student, "logits"):
        raise InputError(
            "n2n compares logits of the same classes, received shapes "
            f"{taps.shape(teacher, 'logits')} and "
            f"{taps.shape(student, 'logits')}."
        )
    narrower = reductions.shrinkages(student, shares)
    if not (reductions.removable(student) or narrower):
        raise InputError(
            "n2n needs a student with layers to remove or convolutions to "
            f"narrow, and {student.name!r} has none. Pass a convolutional "
            "network."
        )
    settings = {
        "iterations": iterations,
        "samples": samples,
        "rate": rate,
        "seed": seed,
    }
    model = getattr(teacher, "model", teacher)
    own = reductions.parameters(model)
    # The teacher answers once, however many children are tried.
    teachers_accuracy = functools.cache(lambda judges: judges.accuracy(model))

    def trainer(model):
        return Distiller(
            student=model,
            teacher=teacher,
            distillation_losses=FeatureMatch(
                teacher_tap="logits",
                student_tap="logits",
                distance=LpDistance(),
                weight=weight,
            ),
            student_loss_weight=task_weight,
        )

    def reward(trial):
        compression = 1.0 - trial.parameters / own
        theirs = teachers_accuracy(trial.judges)
        ratio = trial.accuracy() / max(theirs, 1e-6)
        return compression * (2.0 - compression) * ratio

    def removal(base):
        return searches.ReinforcedReductions(
            base, reductions.removals(base), reward, name="removal", **settings
        )

    def shrinkage(base):
        decisions = reductions.shrinkages(base, shares)
        return searches.ReinforcedReductions(
            base, decisions, reward, name="shrinkage", **settings
        )

    removal(student)  # Its errors come before any training.
    return ArchitectureSearch(
        student=student,
        search=lambda base: searches.InTurn(base, (removal, shrinkage)),
        trainer=trainer,
        trial_epochs=trial_epochs,
        held_out=held_out,
        seed=seed,
    )
