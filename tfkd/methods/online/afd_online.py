"""AFD: peers exchange logits, and deceive critics of each other's maps.

Equation:  L_i = a H(y, softmax(z_i))
                 + b T^2 KL(softmax(z_j / T) || softmax(z_i / T))
           M_i = g [1 - D_i(R_i(F_i))]^2,  j the peer before i, in a ring
           critic i:  g ([1 - D_i(R_j(F_j))]^2 + [D_i(R_i(F_i))]^2) / 2
           peers first by an optimizer of sum_i L_i, then by one of sum_i M_i
Symbols:   z_i (batch, classes) logits and F_i (batch, height, width,
           channels) last map of peer i of K = `peers`, the student the first
           among them; R_i a 1x1 convolution where the map differs in shape
           from the student's; D_i a convolutional critic of peer i; peer j's
           z and F are constants to peer i; y labels; T = `temperature`; a =
           `task_weight`; b = `weight`; g = `adversarial_weight`.
Paper:     Chung, Park, Kim & Kwak, *Feature-map-level Online Adversarial
           Knowledge Distillation*, ICML 2020, arXiv:2002.01775.
Survey:    Sec 4.2, 5, 7.6 and 8.1, Eqns 27 and 11, Tables 2, 3 and 6,
           ref [45].
Differs:   confirmed from public notes on the paper: the equations, R, the
           one-way ring, and that each batch passes once and moves peers by
           the losses of logits first, by those of maps then, with an
           optimizer of a lower rate of its own. The halves are Mao et al.'s.
           Not confirmed: T, D's layers, the second optimizer and its rate.
"""

import keras

from tfkd import checks
from tfkd import taps
from tfkd.distillers import TwoRateDistiller
from tfkd.losses import Adversarial
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.models import critics
from tfkd.teachers import SelfTeacher
from tfkd.transforms.regressor import fitting

CARD = Card(
    key="afd_online",
    teacher="none",
    columns={
        "TF_t": "None",
        "TF_s": "None",
        "Position": "End of layer",
        "Distance": "L_GAN",
        "Lost knowledge": "None",
        "GAN type": "First type (LSGAN)",
        "Purpose": "Classification",
        "D's input": "Features",
        "Number of D": "Two/Three",
        "On-line": "Y",
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_GAN+KL",
    },
    options={"critic_filters": (4, 8)},
)


def build(
    *,
    teacher=None,
    student,
    peers: int | None = None,
    feature_tap: str | None = None,
    temperature: float = 3.0,
    weight: float = 1.0,
    adversarial_weight: float = 1.0,
    task_weight: float = 1.0,
    map_learning_rate: float = 1e-4,
    critic_filters: tuple = (64, 128),
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A peer, or a list of peers, that is trained as well:
            classifiers like the student. Copies of it with new weights if
            `None`.
        student: Classifier with convolutional stages.
        peers: K >= 2, the student included; 2 if absent, or as many as are
            given.
        feature_tap: F, of every network; each one's last stage if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        adversarial_weight: g >= 0, likewise; it scales the critics' losses
            too.
        task_weight: a >= 0, likewise.
        map_learning_rate: > 0, of the Adam that moves critics, and peers by
            the losses of maps.
        critic_filters: Channels of each critic's convolutions.
        seed: Whole number behind the weights of new peers.

    Returns:
        A `TwoRateDistiller`, not compiled. The compiled loss is the
        student's, the compiled optimizer that of logits.

    Raises:
        InputError: If a peer is no model, a tap is no map of known size,
            classes differ in number, or a number is out of range.
    """
    checks.positive(map_learning_rate=map_learning_rate)
    models = peer_models("afd_online", teacher, student, peers, seed)
    own_map = feature_tap or taps.stages(student)[-1]
    shape = taps.shape(student, own_map)
    ring = [("logits", own_map)]
    ring += [(f"peer{i}", f"map{i}") for i in range(1, len(models) + 1)]
    losses = [
        TaskLoss(student_tap=own, weight=task_weight, name=f"task_{own}")
        for own, _ in ring[1:]
    ]
    for (other, real), (own, fake) in zip([ring[-1], *ring], ring):
        losses += [
            SoftTargets(
                temperature=temperature,
                teacher_tap=other,
                student_tap=own,
                weight=weight,
                name=f"{own}_from_{other}",
            ),
            Adversarial(
                critics.maps(shape, filters=critic_filters),
                teacher_tap=real,
                student_tap=fake,
                kind="lsgan",
                weight=adversarial_weight,
                name=f"game_{own}",
            ),
        ]
    return TwoRateDistiller(
        student=student,
        network=_network(student, models, own_map, shape, feature_tap),
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
        second_losses=[
            loss.name for loss in losses if isinstance(loss, Adversarial)
        ],
        second_optimizer=keras.optimizers.Adam(map_learning_rate),
    )


def _network(student, models, own_map, shape, feature_tap):
    """The student and its peers, each with a map of the student's shape."""

    def extra(inputs, tensors):
        made = {}
        for number, model in enumerate(models, start=1):
            read = ("logits", feature_tap or taps.stages(model)[-1])
            peer = taps.Peer(model, tap=read, name=f"peer{number}")
            made[f"peer{number}"], own = peer(inputs)
            made[f"map{number}"] = fitting(shape, own.shape)(own)
        return made

    return taps.extend(student, ("logits", own_map), extra)
