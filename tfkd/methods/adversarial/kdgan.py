"""KDGAN: student and teacher label examples, a critic looks for fakes.

Equation:  min_{C,T} max_D  E[log D(x, y)] + a E[log(1 - D(x, y_c))]
               + (1 - a) E[log(1 - D(x, y_t))]
           plus, for the student C,  w H(y, p_c) + b t^2 KL(p_t || p_c)
           and, for the teacher T,   w H(y, p_t) + g t^2 KL(p_c || p_t)
Symbols:   x features; y labels; y_c, y_t labels drawn from p_c, p_t (batch,
           classes), relaxed by Gumbel noise and softmax at temperature
           `relaxation`; D = sigmoid of a perceptron; a = `balance`; b =
           `student_weight`; g = `teacher_weight`; t = `temperature`; w =
           `task_weight`. The whole game counts `weight`.
Paper:     Wang, Zhang, Sun & Qi, *KDGAN: Knowledge Distillation with
           Generative Adversarial Networks*, NeurIPS 2018.
Survey:    Sec 5.2.3, Eqn 13, Table 3, ref [245].
Differs:   simultaneous instead of alternating updates; the players' terms
           are the non-saturating -log D. Labels (w) take the place of the
           paper's pre-training of the players. x is the student's embedding,
           held, where the paper's D has layers of its own; both players see
           the same inputs, where the paper's T may see privileged ones. KL
           for both distillation losses, held at the giving end. Confirmed
           from the abstract: three players, distillation both ways, concrete
           distributions. Not confirmed: the values of the weights. The
           survey's Table 3 prints image translation and off-line; the paper
           classifies, and its teacher is trained on.
"""

from tfkd import taps
from tfkd.distillers import Distiller
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
        "updates are simultaneous; labels replace the players' "
        "pre-training; no privileged inputs for the teacher"
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
        relaxation: Temperature > 0 of the drawn labels.
        temperature: t > 0, a number or schedule.
        weight: Of the game, >= 0, a number or schedule.
        student_weight: b >= 0, a number or schedule.
        teacher_weight: g >= 0, a number or schedule.
        task_weight: w >= 0, a number or schedule.
        seed: Of the drawn labels and of a new teacher's weights.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If the tap does not exist, classes differ in number, or
            an argument is out of range.
    """
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
    return Distiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=[
            ThreePlayerGame(
                critic,
                feature_tap=feature_tap,
                balance=balance,
                temperature=relaxation,
                weight=weight,
                seed=seed,
            ),
            SoftTargets(
                temperature=temperature,
                teacher_tap="peer1",
                weight=student_weight,
            ),
            SoftTargets(
                temperature=temperature,
                teacher_tap="logits",
                student_tap="peer1",
                weight=teacher_weight,
                name="soft_targets_teacher",
            ),
            TaskLoss(
                student_tap="peer1", weight=task_weight, name="task_teacher"
            ),
        ],
        student_loss_weight=task_weight,
    )
