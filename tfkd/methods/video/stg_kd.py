"""Captions: what is said of objects regularizes what is said of the scene.

Equation:  L = a H(y, softmax(z_s(x))) + b [p H(y, softmax(z_o(v)))
                   + T^2 KL(softmax(z_o(v) / T) || softmax(z_s(x) / T))] ,
           means over words
Symbols:   x a clip, v what is known of the objects in it; z_s, z_o (batch,
           words, vocabulary) logits of the scene branch, the student, and of
           the object branch, its partner; z_o is a constant in the
           divergence; y the words of the caption, -1 where there is none;
           T = `temperature`; p = `partner_weight`; a = `task_weight`;
           b = `weight`.
Paper:     Pan, Cai, Huang, Lee, Gaidon, Adeli & Niebles, *Spatio-Temporal
           Graph for Video Captioning with Knowledge Distillation*, CVPR
           2020, arXiv:2003.13942.
Survey:    Sec 15.6.2, ref [187], which it swaps with [289]; Eqns 2 and 27.
Differs:   confirmed from the abstract and a public summary: two branches, of
           objects and of the scene, each trained with a language loss; the
           former's word logits are distilled into the latter, which alone
           is needed later. Inferred: the direction of the divergence, that
           no gradient of it reaches the object branch, and T, p and b.
"""

from tfkd.distillers import Distiller
from tfkd.losses import PartnerTargets
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of

CARD = Card(
    key="stg_kd",
    status="simplified",
    simplified=(
        "both branches are the user's networks, the object branch without the "
        "paper's graph over objects in space and time; the divergence's "
        "direction and weights are inferred"
    ),
    teacher="none",
    needs=("views",),
    task="clips",
    example="""\
words = {"answers": "caption", "num_classes": task.CLASSES["caption"]}
x, labels = task.data(64, label="caption", noise=8.0)
# The same clips without ground: what a detector would cut out.
objects, _ = task.data(64, label="caption", noise=0.0)
x = {"student": x, "teacher": objects}
student = task.model(**words)
options = {"partner": task.model(**words)}
""",
)


def build(
    *,
    teacher=None,
    student,
    partner: object | None = None,
    temperature: float = 1.0,
    partner_weight: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries both: `x = {"student": clips, "teacher": objects}`.

    Args:
        teacher: `None`: the object branch learns beside the student.
        student: The scene branch, from clips to words.
        partner: The object branch, a model from its view to the same words,
            trained in place; where all is said in one word, also a dict of
            arguments of `tfkd.models.build`.
        temperature: T > 0, a number or schedule.
        partner_weight: p >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is a teacher or no partner, words differ in
            number, or a number is out of range.
    """
    view, network = partner_of(
        "stg_kd",
        teacher=teacher,
        partner=partner,
        student=student,
        tap="logits",
    )
    return Distiller(
        student=student,
        teacher=view,
        distillation_losses=PartnerTargets(
            partner=network,
            temperature=temperature,
            partner_weight=partner_weight,
            weight=weight,
            name="objects",
        ),
        student_loss_weight=task_weight,
    )
