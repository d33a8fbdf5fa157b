"""Lead and exceed: a network of videos chooses web images, and is exceeded.

Equation:  round k:  L = b mean 1[argmax z_(k-1)(x) = y] H(y, softmax(z_k(x)))
Symbols:   x an image or a frame that was found for the query y, which may be
           of something else; z_k (batch, classes) logits of the network of
           round k, z_0 of the lead network, which the teacher is; `rounds`
           of them; b = `weight`.
Paper:     Gan, Yao, Yang, Yang & Mei, *You Lead, We Exceed: Labor-Free Video
           Concept Learning by Jointly Exploiting Web Videos and Images*,
           CVPR 2016.
Survey:    Sec 15.6.1, ref [68]; pseudo labels.
Differs:   confirmed from the abstract: no labels but queries; a network of
           frames of web videos filters web images; the selected ones are
           fed into the network besides, which then trims the videos; from
           simple to complex. Inferred: what is kept are examples of which
           the network of the round before names the query, and that images
           and frames are of one pool. The mean is over all examples of a
           batch, those that are left out included.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import CorrectOnly
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.generations import chain_of_generations

CARD = Card(
    key="lead_exceed",
    status="simplified",
    simplified=(
        "the rule of selection is inferred; every round's network starts "
        "anew, and no recurrent network of trimmed videos follows"
    ),
)


def build(
    *,
    teacher,
    student,
    rounds: int = 2,
    weight: float = 1.0,
    seed: int = 0,
):
    """Builds the chain.

    Args:
        teacher: Classifier of frames, trained on those of web videos: the
            lead network.
        student: Classifier of the same classes: the exceed network of the
            last round.
        rounds: How often a network is trained on what the one before chose,
            at least 1.
        weight: b >= 0, a number or schedule of one round's steps.
        seed: Whole number behind the weights of earlier rounds.

    Returns:
        A `Chain`, not compiled; `fit` trains the rounds one after the other,
        each for the epochs given, on images and their queries.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    classes = [taps.shape(m, "logits")[1:] for m in (teacher, student)]
    if classes[0] != classes[1]:
        raise InputError(
            "lead_exceed needs networks of the same classes, received logits "
            f"of shapes {classes[0]} and {classes[1]} an example. Give the "
            "student as many outputs as the teacher."
        )

    def distill(*, teacher, student):
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=CorrectOnly(
                part=TaskLoss(student_tap="logits", name="query"),
                weight=weight,
                name="chosen",
            ),
            student_loss_weight=0.0,
        )

    return chain_of_generations(
        distill,
        student=student,
        teacher=teacher,
        count=at_least("lead_exceed", "rounds", rounds, 1),
        seed=seed,
    )
