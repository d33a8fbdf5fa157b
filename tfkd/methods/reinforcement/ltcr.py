"""LTCR: agents teach each other the distributions of their actions' values.

Equation:  L_i = a H(P(R), Z_i(s, a)) + b mean_a sum_j KL(Z_j(s, a) ||
           Z_i(s, a)) , the divergences from the others as they were at the
           last exchange, which is every `exchange_steps` steps; before the
           first there are none
Symbols:   Z_i (batch, actions, atoms) value distributions of agent i of K =
           `agents`, the student among them, on atoms from `low` to `high`;
           R the recorded return of action a, P its projection on the atoms;
           a = `task_weight`; b = `weight`.
Paper:     Xue et al., *Transfer Heterogeneous Knowledge Among Peer-to-Peer
           Teammates: A Model Distillation Approach*, 2020, arXiv:2002.02202.
Survey:    Sec 14.3.1, Eqn 27 on value distributions, ref [264].
Differs:   confirmed in the paper's abstract: categorical deep Q-networks,
           because they are bounded where Q-values are not; value functions
           are distilled among several students, on experiences that are
           reused; a protocol of communication. Not confirmed: the schedule of
           that protocol, stale copies in its place, the mean over actions,
           `exchange_steps` and b.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import CategoricalReturns
from tfkd.losses import LabelLoss
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.peers import peer_models
from tfkd.teachers import SnapshotTeacher

CARD = Card(
    key="ltcr",
    teacher="none",
    status="simplified",
    simplified=(
        "agents learn from recorded returns instead of bootstrapped targets, "
        "and from the same experiences; none acts, and no protocol decides "
        "who asks whom and when"
    ),
    options={"exchange_steps": 2},
    instead="answers with distributions of returns",
    example="""\
student = keras.Sequential([
    keras.Input((28, 28, 1)),
    keras.layers.Flatten(),
    keras.layers.Dense(4 * 21, name="scores"),
    keras.layers.Reshape((4, 21), name="distributions"),
])
# The action that was taken, and the return that followed.
labels = np.stack([labels % 4, np.random.uniform(size=64)], axis=1)
loss = tfkd.losses.CategoricalReturns(low=0.0, high=1.0)
""",
)


def build(
    *,
    teacher=None,
    student,
    agents: int | None = None,
    low: float = 0.0,
    high: float = 1.0,
    exchange_steps: int = 100,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Labels are numbers (batch, 2): an action, -1 where none is known, and its
    return. Compile with `tfkd.losses.CategoricalReturns(low, high)`.

    Args:
        teacher: A further agent, or a list of them, trained as well; copies
            of the student with new weights if `None`.
        student: Network to logits (batch, actions, atoms).
        agents: K >= 2, the student included; 2 if absent, or as many as are
            given.
        low: Value of the first atom.
        high: Value of the last atom.
        exchange_steps: Steps between two exchanges, at least 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.
        seed: Whole number behind the weights of new agents.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If an agent is no model, logits are no distributions of
            the same actions, or a number is out of range.
    """
    shape = taps.shape(student, "logits")
    if len(shape) != 3 or None in shape[1:]:
        raise InputError(
            "ltcr needs a student with value distributions (batch, actions, "
            f"atoms), received logits of shape {shape}. End it in a Reshape "
            "to these."
        )
    models = peer_models("ltcr", teacher, student, agents, seed)
    members = ["logits", *(f"peer{i + 1}" for i in range(len(models)))]
    tasks = [
        LabelLoss(
            CategoricalReturns(low, high),
            student_tap=own,
            weight=task_weight,
            name=f"returns_{own}",
        )
        for own in members[1:]
    ]
    every = at_least("ltcr", "exchange_steps", exchange_steps, 1)
    transfers = [
        SoftTargets(
            temperature=1.0,
            teacher_tap=other,
            student_tap=own,
            # Before the first exchange nobody knows what others have learned.
            weight=schedules.after(every, weight, "weight"),
            name=f"{own}_from_{other}",
        )
        for own in members
        for other in members
        if own != other
    ]
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SnapshotTeacher(every),
        distillation_losses=[*tasks, *transfers],
        student_loss_weight=task_weight,
    )
