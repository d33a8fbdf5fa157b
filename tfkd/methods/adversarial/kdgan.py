"""KDGAN: student and teacher label examples, a critic looks for fakes.

Equation:  min_{C,T} max_D  E[log D(x, y)] + a E[log(1 - D(x, y_c))]
               + (1 - a) E[log(1 - D(x, y_t))]
           plus, for the student C,  w H(y, p_c) + b t^2 KL(p_t || p_c)
           and, for the teacher T,   w H(y, p_t) + g t^2 KL(p_c || p_t)
Symbols:   x features; y labels; y_c, y_t labels drawn from p_c, p_t (batch,
           classes), relaxed by Gumbel noise and softmax at temperature
           `relaxation`; D = sigmoid of a perceptron; a = `balance`; b =
           `student_weight`; g = `teacher_weight`; t = `temperature`; w =
           `task_weight`. The whole game counts `weight`. On each batch D, T
           and C move in turns.
Paper:     Wang, Zhang, Sun & Qi, *KDGAN: Knowledge Distillation with
           Generative Adversarial Networks*, NeurIPS 2018.
Survey:    Sec 5.2.3, Eqn 13, Table 3, ref [245].
Differs:   confirmed from the abstract: three players, distillation both
           ways, concrete distributions. Confirmed in the authors' code: all
           players are trained before the game; in it D moves first, then T,
           then C, for an epoch each, where here turns are batches. The
           players' terms are the non-saturating -log D. In the first
           `pretraining_steps`, C and T learn labels alone, and D waits; w
           goes on after. x is the student's embedding, held, where the
           paper's D has layers of its own; both players see the same inputs,
           where the paper's T may see privileged ones. KL for both
           distillation losses, held at the giving end. Not confirmed: the
           values of the weights. The survey's Table 3 prints image
           translation and off-line; the paper classifies, and its teacher is
           trained on.
"""

from tfkd import checks
from tfkd import schedules
from tfkd import taps
from tfkd.distillers import TurnsDistiller
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.losses import ThreePlayerGame
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.models import critics
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="kdgan",
    status="simplified",
    simplified=(
        "the critic is not trained before the game, and the teacher sees no "
        "privileged inputs"
    ),
    teacher="none",
    columns={
        "GAN type": "Third type",
        "Purpose": "Classification",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "Yes",
    },
)


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "embedding",
    units: tuple = (128, 128),
    balance: float = 0.5,
    relaxation: float = 1.0,
    temperature: float = 1.0,
    weight: float = 0.1,
    student_weight: float = 1.0,
    teacher_weight: float = 0.1,
    task_weight: float = 1.0,
    pretraining_steps: int = 0,
    critic_steps: int = 1,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of the same classes and inputs, which is trained
            on; a copy of the student with new weights if `None`.
        student: Classifier.
        feature_tap: x, a tap of the student.
        units: Widths of the critic's hidden layers.
        balance: a in [0, 1].
        relaxation: Temperature > 0 of the drawn labels, a number or
            schedule: one that falls, such as
            `tfkd.schedules.Linear(1.0, 0.1, steps)`, brings them to one-hot.
        temperature: t > 0, a number or schedule.
        weight: Of the game, >= 0, a number or schedule.
        student_weight: b >= 0, a number or schedule.
        teacher_weight: g >= 0, a number or schedule.
        task_weight: w >= 0, a number or schedule.
        pretraining_steps: Batches of labels alone, before the game and
            distillation, whose weights' schedules start then (those of
            `relaxation` and `temperature` start at once); at least 0.
        critic_steps: Batches that the critic moves at, for one that the
            players move at as well; at least 1.
        seed: Of the drawn labels and of a new teacher's weights.

    Returns:
        A `TurnsDistiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If the tap does not exist, classes differ in number, or
            an argument is out of range.
    """
    checks.whole(0, pretraining_steps=pretraining_steps)

    def later(value, name):
        value = schedules.get(value, name, minimum=0.0)
        if not pretraining_steps:
            return value
        return schedules.after(pretraining_steps, value)

    (peer,) = peer_models("kdgan", teacher, student, 2, seed)

    def extra(inputs, tensors):
        return {"peer1": taps.Peer(peer, name="peer1")(inputs)}

    network = taps.extend(
        student, tuple(dict.fromkeys(("logits", feature_tap))), extra
    )
    critic = critics.mlp(
        taps.shape(student, feature_tap),
        taps.shape(student, "logits"),
        units=units,
    )
    return TurnsDistiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=[
            ThreePlayerGame(
                critic,
                feature_tap=feature_tap,
                balance=balance,
                temperature=relaxation,
                weight=later(weight, "weight"),
                seed=seed,
            ),
            SoftTargets(
                temperature=temperature,
                teacher_tap="peer1",
                weight=later(student_weight, "student_weight"),
            ),
            SoftTargets(
                temperature=temperature,
                teacher_tap="logits",
                student_tap="peer1",
                weight=later(teacher_weight, "teacher_weight"),
                name="soft_targets_teacher",
            ),
            TaskLoss(
                student_tap="peer1", weight=task_weight, name="task_teacher"
            ),
        ],
        student_loss_weight=task_weight,
        critic_steps=critic_steps,
        players=("peer1",),
    )
