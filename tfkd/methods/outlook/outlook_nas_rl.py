"""A student derived from a network by search: a proposal of the survey.

Equation:  R = A_s - g n_s / n
           policy: a_d <- a_d + r (R - mean of earlier R) (e_o - softmax(a_d))
           child: L = c H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
                      softmax(z_s / T))
Symbols:   A_s accuracy of a child on held-out examples after
           `trial_epochs`; n_s, n trainable weights of it and of the network
           that is reduced; d a layer that may go, or a convolution that may
           keep a share of its filters; o what was drawn; z (batch, classes)
           logits; T = `temperature`; g = `cost`; r = `policy_rate`; b =
           `weight`; c = `task_weight`; y labels.
Paper:     none. The survey points to Ashok et al., *N2N Learning*, ICLR
           2018, and to Bashivan et al., *Teacher Guided Architecture
           Search*, ICCV 2019.
Survey:    Sec 17.1, refs [15, 21, 137], where finding the student by
           reinforcement, from the teacher, is an open direction.
Differs:   the survey gives no equation: layers and widths are drawn at once,
           and the price of a weight is the user's.
"""

from tfkd.distillers import ArchitectureSearch
from tfkd.distillers import searches
from tfkd.errors import InputError
from tfkd.methods.card import Card
from tfkd.methods.checks import positive
from tfkd.methods.soft_target_trainer import soft_target_trainer
from tfkd.models import reductions

CARD = Card(
    key="outlook_nas_rl",
    instead="looks for a student of its own",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equations are ours"
    ),
    options={"iterations": 1, "samples": 2, "trial_epochs": 1},
)


def build(
    *,
    teacher,
    student,
    cost: float = 0.1,
    iterations: int = 20,
    samples: int = 5,
    shares: tuple = (0.25, 0.5, 0.75, 1.0),
    policy_rate: float = 1.0,
    trial_epochs: int = 2,
    held_out: float = 0.2,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
    seed: int = 0,
):
    """Builds the search.

    Args:
        teacher: Classifier.
        student: The network that is reduced, of the same classes.
        cost: g >= 0: accuracy that the whole network has to be worth.
        iterations: Of the policy, at least 1.
        samples: Children an iteration, at least 1.
        shares: Of a convolution's filters that may stay, in (0, 1].
        policy_rate: r > 0.
        trial_epochs: Of a child before its reward, at least 1.
        held_out: Share of the labelled examples that judge, in (0, 1).
        temperature: T > 0, a number or schedule.
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
    rate = positive("outlook_nas_rl", "policy_rate", policy_rate)
    if not 0 <= cost < float("inf"):
        raise InputError(
            f"cost of outlook_nas_rl must be a finite number >= 0, received "
            f"{cost!r}."
        )

    def decisions(base):
        found = {d.layer: d for d in reductions.shrinkages(base, shares)}
        for gone in reductions.removals(base):
            own = found.get(gone.layer, gone)
            options = tuple(dict.fromkeys((0.0, *own.options)))
            found[gone.layer] = reductions.Decision(gone.layer, options)
        return list(found.values())

    if not decisions(student):
        raise InputError(
            "outlook_nas_rl needs a student with layers to remove or "
            f"convolutions to narrow, and {student.name!r} has none. Pass a "
            "convolutional network."
        )
    whole = reductions.parameters(student)
    trainer = soft_target_trainer(
        teacher,
        temperature=temperature,
        weight=weight,
        task_weight=task_weight,
    )

    def search(base):
        return searches.ReinforcedReductions(
            base,
            decisions(base),
            lambda trial: trial.accuracy() - cost * trial.parameters / whole,
            iterations=iterations,
            samples=samples,
            rate=rate,
            seed=seed,
        )

    trainer(student), search(student)  # Errors come before any training.
    return ArchitectureSearch(
        student=student,
        search=search,
        trainer=trainer,
        trial_epochs=trial_epochs,
        held_out=held_out,
        seed=seed,
    )
