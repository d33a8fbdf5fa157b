"""OmegaNet: depth, flow and classes of a video, and what moves in it.

Equation:  L = a H(argmax z, s_z) + b psi(d - s_d)
               + r <|g - s_f|>_(1 - M) + o <|f - s_f|>_M + p <P>_M + c H(s, y)
           M = min(max(M_d, M_c), M_b)
Symbols:   s_z, s_d, s_f the student's classes, disparity and flow of an image
           and the next; z, d, f what a network of each says; g the flow that
           the camera's motion alone would cause; < >_M the mean over pixels
           where M is 1; M_d 1 where the class is one that can move, M_c where
           f and g agree, M_b where g stays in the image; psi the reverse
           Huber function; P how unlike the first image is to the second
           displaced by s_f; H the cross-entropy, and at last the loss that is
           compiled, y labels where there are any; a = `semantic_weight`; b =
           `disparity_weight`; r = `rigid_weight`; o = `flow_weight`; p =
           `photometric_weight`; c = `task_weight`.
Paper:     Tosi, Aleotti, Zama Ramirez, Poggi, Salti, Di Stefano & Mattoccia,
           *Distilled Semantics for Comprehensive Scene Understanding from
           Videos*, CVPR 2020, arXiv:2003.14030.
Survey:    Sec 15.4, Eqns 2 and 10, ref [229].
Differs:   confirmed in the authors' code, which has no training: the
           probability that a pixel moves, the classes that can, 0.5 (of their
           tests), the mask of what leaves the image; from the abstract, proxy
           labels of a network that knows the classes. The terms of the flow
           and how the masks meet are the paper's as remembered; its factors
           could not be read, and are 1 here.
"""

from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import Photometric
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.teachers import MovingSceneTeacher
from tfkd.transforms import HardTargets

CARD = Card(
    key="omeganet",
    status="simplified",
    simplified=(
        "disparity and the camera's flow come of networks that are given, "
        "and one network has all outputs; the paper learns depth and "
        "ego-motion from the video itself, first, by networks of their own, "
        "and sharpens depth at the edges of classes"
    ),
    teacher="many",
    task="displacement",
    options={"moving_classes": (1,), "value_range": (0.0, 16.0)},
    example="""\
from tfkd.models import named_heads
from tfkd.tasks import segmentation

# The left image, and a moment later.
x, labels = task.video(64)
x = x[..., ::2]
labels = {
    "semantics": labels["disparity"][..., 0] > 0,
    "disparity": labels["disparity"],
    "flow": labels["flow"],
}
loss = {"semantics": segmentation.loss(), "disparity": "mae", "flow": "mae"}
teachers = {
    "semantics": segmentation.model(input_shape=(24, 24, 1), num_classes=2),
    "disparity": task.model(input_shape=(24, 24, 1), channels=1),
    "flow": task.model(),
    "rigid": task.model(),
}
student = named_heads.build(
    task.model(),
    {"semantics": 2, "disparity": 1, "flow": 2},
    layer="decoder",
)
""",
)
_HEADS = ("semantics", "disparity", "flow")


def build(
    *,
    teacher,
    student,
    moving_classes: tuple = (11, 12, 13, 14, 15, 16, 17, 18),
    threshold: float = 0.5,
    value_range: tuple = (0.0, 255.0),
    semantic_weight: float = 1.0,
    disparity_weight: float = 1.0,
    rigid_weight: float = 1.0,
    flow_weight: float = 1.0,
    photometric_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Fit it on images and those a moment later, behind them in the channels.

    Args:
        teacher: A dict of networks: `"semantics"` and `"disparity"` of an
            image, `"flow"` and `"rigid"` of a pair; see
            `tfkd.teachers.MovingSceneTeacher`.
        student: A network of pairs whose outputs are a dict of
            `"semantics"`, logits, `"disparity"` and `"flow"`.
        moving_classes: Numbers of classes that can move; by default those of
            Cityscapes.
        threshold: Probability, in (0, 1], from which a pixel moves itself.
        value_range: `(low, high)` of raw images.
        semantic_weight: a >= 0, a number or schedule.
        disparity_weight: b, likewise.
        rigid_weight: r, likewise.
        flow_weight: o, likewise.
        photometric_weight: p, likewise.
        task_weight: c, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such networks, or an argument is out
            of range.
    """
    names = {*_HEADS, "rigid"}
    if not isinstance(teacher, dict) or set(teacher) != names:
        raise InputError(
            f"omeganet needs a dict of the networks {sorted(names)} as "
            f"teacher, received {teacher!r}."
        )
    if set(_HEADS) - set(taps.output_names(student)):
        raise InputError(
            f"omeganet needs a student with the outputs {_HEADS}, received "
            f"{taps.output_names(student)}. Build it with "
            "tfkd.models.named_heads.build()."
        )
    # What is taught, its name and mask among the teacher's taps.
    regressions = (
        ("disparity", "disparity", None, "berhu", disparity_weight),
        ("flow", "rigid", "bound", "l1", rigid_weight),
        ("flow", "flow", "free", "l1", flow_weight),
    )
    return Distiller(
        student=student,
        teacher=MovingSceneTeacher(
            **teacher, moving_classes=moving_classes, threshold=threshold
        ),
        distillation_losses=[
            FeatureMatch(
                teacher_tap="semantics",
                student_tap="semantics",
                teacher_transform=HardTargets(),
                distance=SoftmaxKL(),
                weight=semantic_weight,
                name="proxy_semantics",
            ),
            *(
                ProxyMap(
                    teacher_tap=known,
                    mask_tap=mask,
                    student_tap=head,
                    kind=kind,
                    weight=weight,
                    name=f"proxy_{known}",
                )
                for head, known, mask, kind, weight in regressions
            ),
            Photometric(
                student_tap="flow",
                pair_tap="pair",
                mask_tap="free",
                smoothness=0.0,
                value_range=value_range,
                weight=photometric_weight,
            ),
        ],
        student_loss_weight=task_weight,
    )
