"""See, hear and read: modalities in the space of a teacher's classes.

Equation:  L = b A(s; x, y) + a L_task, with a third modality b A(q; x', y')
           more ,
           A(s; x, y) = KL(T(y) || softmax(h(s(x))))
                            + KL(T(y) || softmax(h(t(y))))
                            + r [R(s, t) + R(t, s)] / 2 ,
           R(s, t) = mean_(j != i) max(0, m - cos(s_i, t_i) + cos(s_i, t_j))
Symbols:   y an image; x the sound that belongs to it; y' another, with a text
           x' that belongs to it; T (batch, classes) the teacher's
           probabilities of the image; s, t, q (batch, features) embeddings by
           the student, of x, by its partner, of y and y', and by the network
           `second`, of x'; h the classifier that all share; m = `margin`;
           r = `ranking`; b = `weight`; a = `task_weight`.
Paper:     Aytar, Vondrick & Torralba, *See, Hear, and Read: Deep Aligned
           Representations*, 2017, arXiv:1706.00932.
Survey:    Sec 12.2.2 and 12.3, Table 9, ref [17]; Eqn 23 and a ranking.
Differs:   confirmed from the abstract and introduction: one representation
           of image, sound and text by pairs with images alone. The equation
           is the survey's. Inferred: cosines, the margin and r. All others
           of a batch are negatives, with their mean.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import AlignedViews
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher
from tfkd.teachers import ViewTeacher
from tfkd.transforms import Pick

CARD = Card(
    key="see_hear_read",
    status="simplified",
    simplified=(
        "the networks share the classifier, not further layers, and rank at "
        "one layer"
    ),
    columns={
        "Uses labels": "N (printed: Y)",
        "Source modality": "Image",
        "Target modality": "Sound, Image, Text",
        "Number of teachers": "One (printed: Three)",
        "On-line": "N",
        "Knowledge": "Features",
        "Model compression": "N",
    },
    needs=("views",),
    options={"partner": {"name": "cnn", "filters": (4, 8, 16)}},
)

# What the teacher sees of both kinds of pairs.
_IMAGES = ("images", "second_images")


def build(
    *,
    teacher,
    student,
    partner: object | None = None,
    second: object | None = None,
    student_tap: str = "embedding",
    partner_tap: str = "embedding",
    second_tap: str | None = None,
    temperature: float = 1.0,
    margin: float = 0.5,
    ranking: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": sounds, "teacher": images}`.
    With a second network it carries two kinds of pairs: `x = {"student":
    sounds, "teacher": {"images": of the sounds, "second": texts,
    "second_images": of the texts}}`.

    Args:
        teacher: Classifier of images, T.
        student: Network of the other modality, of the same classes.
        partner: Network of images, trained in place up to its tap; or a dict
            of arguments of `tfkd.models.build`.
        second: Network of a third modality, trained in place up to its tap;
            none if absent.
        student_tap: Name of s, which the student's classifier reads.
        partner_tap: Name of t, as wide.
        second_tap: Name of q, as wide; `"embedding"` if absent.
        temperature: Of both divergences, times T^2; a number > 0 or
            schedule.
        margin: m >= 0.
        ranking: r >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no partner, taps or classes do not exist or
            fit, or a number is out of range.
    """
    view, network = partner_of(
        "see_hear_read",
        teacher=None,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    members = [teacher, view]
    arguments = {"teacher_tap": "1/view"}
    if second is not None or second_tap is not None:
        shown, arguments["second"] = _second(second, second_tap)
        members = [
            *(FrozenTeacher(teacher, preprocessing=Pick(k)) for k in _IMAGES),
            *(
                ViewTeacher(view.shape, key=key, dtype=view.compute_dtype)
                for key in _IMAGES
            ),
            shown,
        ]
        arguments["teacher_tap"] = "2/view"
        arguments["second_taps"] = ("4/view", "3/view", "1/logits")
    own = SoftTargets(
        teacher_tap="0/logits", temperature=temperature, weight=weight
    )
    aligned = AlignedViews(
        logits_tap="0/logits",
        student_tap=student_tap,
        partner=network,
        temperature=temperature,
        margin=margin,
        ranking=ranking,
        weight=weight,
        **arguments,
    )
    return Distiller(
        student=student,
        teacher=EnsembleTeacher(members),
        distillation_losses=[own, aligned],
        student_loss_weight=task_weight,
    )


def _second(second, tap):
    """What provides the third modality, and its network up to a tap."""
    if not isinstance(second, keras.Model) or len(second.inputs) != 1:
        raise InputError(
            "see_hear_read needs second=model, a network of one input, to "
            f"align a third modality; received second={second!r} and "
            f"second_tap={tap!r}."
        )
    given = second.inputs[0]
    shown = ViewTeacher(tuple(given.shape[1:]), key="second", dtype=given.dtype)
    return shown, taps.until(second, tap or "embedding")
