"""ARD: the student answers under attack as the teacher does without.

Equation:  L = a H(y, softmax(z_s(x)))
               + b T^2 KL(softmax(z_t(x) / T) || softmax(z_s(x + d) / T)),
           d = argmax_(|d|_inf <= e) l(x + d)
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`; a =
           `task_weight`, b = `weight` (1 - alpha and alpha of the paper); e =
           `epsilon`; l = H(y, softmax(z_s)) or, with `objective="teacher"`,
           the divergence from softmax(z_t(x)), found by `steps` of PGD.
Paper:     Goldblum, Fowl, Feizi & Goldstein, *Adversarially Robust
           Distillation*, AAAI 2020, arXiv:1905.09747.
Survey:    Sec 5, Eqn 7, ref [74].
Differs:   T = 30, alpha = 1, e = 8/255 and 10 steps of 2/255 are those of the
           authors' released code, as is an attack on the labels, where the
           survey has the divergence. That code divides the divergence by the
           number of classes (the default of its library); here it is the sum
           over classes. There the attack runs the student in training mode;
           here in inference mode, so that its steps move no statistics. The
           teacher should be robust itself: it is not made so here.
"""

from tfkd.distillers import AttackedDistiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.sources import PGD

CARD = Card(key="ard", options={"value_range": (0.0, 16.0), "steps": 2})


def build(
    *,
    teacher,
    student,
    value_range: tuple = (0.0, 255.0),
    epsilon: float = 8 / 255,
    step_size: float = 2 / 255,
    steps: int = 10,
    objective: str = "labels",
    temperature: float = 30.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier, robust against attacks.
        student: Classifier of the same classes and inputs.
        value_range: `(low, high)` of the raw inputs.
        epsilon: e > 0, as a share of this range.
        step_size: Of PGD, > 0, likewise.
        steps: Of PGD, at least 1.
        objective: `"labels"`, where an example without label has the
            teacher's likeliest class, or `"teacher"`.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the attack's random start.

    Returns:
        An `AttackedDistiller`, not compiled.

    Raises:
        InputError: If classes differ in number, or an argument is out of
            range.
    """
    return AttackedDistiller(
        student=student,
        teacher=teacher,
        attack=PGD(
            value_range=value_range,
            epsilon=epsilon,
            step_size=step_size,
            steps=steps,
            objective=objective,
            seed=seed,
        ),
        attacked=("attacked_soft_targets",),
        distillation_losses=SoftTargets(
            temperature=temperature, weight=weight, name="attacked_soft_targets"
        ),
        student_loss_weight=task_weight,
    )
