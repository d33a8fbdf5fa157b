"""Policy distillation: one small policy of one or several games' networks.

Equation:  L = b KL(softmax(q_t / T) || softmax(z_s)), or with `criterion`
           "nll":       L = -b log softmax(z_s)_(argmax q_t)
           "mse":       L = b ||q_t - z_s||_2^2
           "gaussian":  L = b KL(N(m_t, v_t) || N(m_s, v_s))
Symbols:   q_t (batch, actions) Q-values of the teacher of the state's game;
           z_s the student's logits, of this game's head where it has
           several; m, v means and variances of continuous actions, of which
           networks return m and log v / 2 side by side; T = `temperature`,
           0.01: Q-values of actions differ by little; b = `weight`.
Paper:     Rusu et al., *Policy Distillation*, ICLR 2016, arXiv:1511.06295,
           Eqns 1-3.
Survey:    Sec 7.5 and 14.3.3, ref [202]. The survey says that the student's
           start is a random target; it is trained from new weights.
Differs:   known of the paper, not read again: the three losses, T = 0.01,
           of the teacher alone, replayed states, one head a game. A batch of
           one game after the other there; here batches mix games. Of
           continuous actions, which the paper has not, the form is that of
           public code, summed over actions. The parity fixtures sum over the
           batch, or average over actions.
"""

from tfkd import taps
from tfkd.distances import GaussianKL
from tfkd.distances import LpDistance
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.losses import OfMember
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import NumberedMemberTeacher
from tfkd.transforms import HardTargets

CARD = Card(
    key="policy_distillation",
    status="simplified",
    simplified=(
        "states are recorded before: neither does a teacher fill a replay "
        "memory, nor is a teacher followed that goes on learning; games need "
        "the same number of actions"
    ),
)
_CRITERIA = ("kl", "nll", "mse", "gaussian")


def build(
    *,
    teacher,
    student,
    criterion: str = "kl",
    temperature: float = 0.01,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Fit on recorded states alone, or on states and labels that the compiled
    loss understands, such as actions. With several games, every batch carries
    the number of each state's game, in the order of `teacher`:
    `x = {"student": x, "teacher": {"inputs": x, "member": numbers}}`.

    Args:
        teacher: Network to Q-values, or to means and log deviations; or a
            dict of such networks, one for each head of the student.
        student: Network to logits of the same actions, or to a dict of them.
        criterion: `"kl"`, `"nll"`, `"mse"` or `"gaussian"`.
        temperature: T > 0, a number or schedule; of `"kl"` alone.
        weight: b >= 0, a number or schedule.
        task_weight: Factor >= 0 of the compiled loss, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If heads and teachers do not fit, actions differ in
            number, the criterion is unknown, or a number is out of range.
    """
    if criterion not in _CRITERIA:
        raise unknown("criterion of policy_distillation", criterion, _CRITERIA)
    if not isinstance(teacher, dict):
        loss = _loss(criterion, "logits", temperature, weight)
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=loss,
            student_loss_weight=task_weight,
        )
    heads = taps.output_names(student)
    if set(teacher) != set(heads):
        raise InputError(
            "policy_distillation needs one teacher for each head of the "
            f"student, {sorted(heads)}, received {sorted(teacher)}. Pass a "
            "dict of head to network."
        )
    return Distiller(
        student=student,
        teacher=NumberedMemberTeacher(list(teacher.values())),
        distillation_losses=[
            OfMember(
                _loss(criterion, head, temperature, 1.0),
                member=number,
                weight=weight,
                name=f"policy_{head}",
            )
            for number, head in enumerate(teacher)
        ],
        student_loss_weight=task_weight,
    )


def _loss(criterion, head, temperature, weight):
    """The loss of one head, with the teacher's only output."""
    ends = {"teacher_tap": "logits", "student_tap": head, "weight": weight}
    if criterion == "kl":
        return SoftTargets(
            temperature=temperature,
            student_temperature=1.0,
            name="policy",
            **ends,
        )
    distance, transform = {
        "nll": (SoftmaxKL(), HardTargets()),
        "mse": (LpDistance(reduce="sum"), None),
        "gaussian": (GaussianKL(), None),
    }[criterion]
    return FeatureMatch(
        distance=distance, teacher_transform=transform, name="policy", **ends
    )
