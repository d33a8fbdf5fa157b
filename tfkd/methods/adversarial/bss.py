"""BSS: the teacher also teaches where its decisions change.

Equation:  L = a H(y, softmax(z_s(x))) + r(t) K(x) + q(t) K(x'),
           K(x) = KL(softmax(z_t(x) / T) || softmax(z_s(x) / T));
           x' from x, while the teacher still answers b:
             x' <- P(x' + d (z_b - z_k + 1e-4) g / ||g||_2),
             g = d(z_k - z_b) / dx'
Symbols:   z_t, z_s (batch, classes) logits; b the teacher's class of x, which
           is its label; k another, drawn with the teacher's probabilities; T
           = `temperature`; d = `step_size`; r falls from `weight` to 1, q
           from `attack_weight` to 0 in three quarters of `total_steps`; P
           clips to the range; a = `task_weight`.
Paper:     Heo, Lee, Yun & Choi, *Knowledge Distillation with Adversarial
           Samples Supporting Decision Boundary*, AAAI 2019, arXiv:1805.05532.
Survey:    Sec 5 and 6.1, ref [95].
Differs:   all numbers are those of the authors' released code, which has no
           factor T^2 and moves logits (a public re-implementation moves
           probabilities: `scores`). d is in units of a fifth of the range, as
           its range is [-2.5, 2.5]. KL in the place of cross-entropy: the
           same gradient. Where fewer than `attack_size` inputs of a batch are
           right, the rest has no weight.
"""

from tfkd import schedules
from tfkd.distillers import AttackedDistiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.sources import BoundaryAttack

CARD = Card(
    key="bss",
    zero_when_equal=True,
    options={
        "value_range": (0.0, 16.0),
        "attack_steps": 2,
        "attack_size": 6,
        "total_steps": 10,
    },
)


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    step_size: float = 0.3,
    attack_steps: int = 10,
    attack_size: int = 64,
    scores: str = "logits",
    temperature: float = 3.0,
    weight: float = 4.0,
    attack_weight: float = 2.0,
    task_weight: float = 1.0,
    total_steps: int = 15680,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the raw inputs.
        step_size: d > 0.
        attack_steps: Steps of the attack, at least 1.
        attack_size: Inputs of a batch that are attacked, at most.
        scores: `"logits"` or `"probabilities"`, whose difference is moved.
        temperature: T > 0.
        weight: r >= 1 at the start.
        attack_weight: q >= 0 at the start.
        task_weight: a >= 0, a number or schedule.
        total_steps: Of the training, at least 1; 80 epochs of the paper's 196
            if absent.
        seed: Whole number behind the classes k.

    Returns:
        An `AttackedDistiller`, not compiled.

    Raises:
        InputError: If classes differ in number, or an argument is out of
            range.
    """
    total_steps = at_least("bss", "total_steps", total_steps, 1)
    for name, value, low in (
        ("weight", weight, 1.0),
        ("attack_weight", attack_weight, 0.0),
    ):
        if not low <= value < float("inf"):
            raise InputError(
                f"{name} of bss must be a finite number >= {low}, received "
                f"{value!r}."
            )
    # The sum of the paper has no T^2, which SoftTargets multiplies by.
    factor = 1.0 / temperature**2 if temperature > 0 else 1.0
    return AttackedDistiller(
        student=student,
        teacher=teacher,
        attack=BoundaryAttack(
            value_range=value_range,
            step_size=step_size,
            steps=attack_steps,
            size=attack_size,
            scores=scores,
            seed=seed,
        ),
        attacked=("boundary",),
        distillation_losses=[
            SoftTargets(
                temperature=temperature,
                weight=schedules.Linear(weight, 1.0, total_steps),
            ),
            SoftTargets(
                temperature=temperature,
                weight=schedules.Linear(
                    attack_weight, 0.0, max(1, 3 * total_steps // 4)
                ),
                name="boundary",
            ),
        ],
        distillation_loss_weights=[factor, factor],
        student_loss_weight=task_weight,
    )
