"""Noisy labels: a model of a few clean ones hedges the risk of the others.

Equation:  L = b H(l y + (1 - l) softmax(z_t / T), softmax(z_s))
Symbols:   y a label that may be wrong; z_t (batch, classes) logits of an
           auxiliary model that was trained on a small clean set, z_s of the
           student; l = `label_share`; T = `temperature`; b = `weight`.
Paper:     Li, Yang, Song, Cao, Luo & Li, *Learning from Noisy Labels with
           Distillation*, ICCV 2017, arXiv:1703.02391.
Survey:    Sec 4.1.2, Eqns 6-7 (2 is meant), Table 1, ref [139].
Differs:   KL instead of cross-entropy: the same gradient. The two stages,
           the clean set and the label graph are confirmed from the paper's
           abstract; the mixture is the survey's. Not confirmed: l and T,
           1/2 and 1 here. Examples of label -1 have the auxiliary model's
           prediction as target.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import LabelMix

CARD = Card(
    key="noisy_label_distill",
    status="simplified",
    simplified=(
        "the smoothing of predictions over a knowledge graph of labels, and "
        "several labels an image, which are the paper's data"
    ),
    columns={
        "Method": "Learning from noisy labels",
        "Objective": "Eqn. 2",
    },
)


def build(
    *,
    teacher,
    student,
    label_share: float = 0.5,
    temperature: float = 1.0,
    weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier trained on clean labels.
        student: Classifier of the same classes.
        label_share: l in [0, 1): the more, the cleaner the labels.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature,
            student_temperature=1.0,
            correction=LabelMix(label_share),
            weight=weight,
        ),
        student_loss_weight=0.0,
    )
