"""UVA-Net: space and time are learned from two teachers, and then joined.

Equation:  1., 2.:  L = m D(S_k(x), pool(T_k(v_k))) + (1 - m) D(S_k(x), G)
                    for k = spatial, temporal
           3.:      L = D(S(x), G)
Symbols:   x a pair of small images; v_k what teacher k sees: the large image,
           or the large pair; T_k maps of attention by the teachers, averaged
           to the student's size; S_k maps by the student's two branches; S
           the map that is read from both; G the ground truth; D the mean
           squared difference; m = `imitation`.
Paper:     Fu, Shi, Song, Ge, Lu & Li, *Ultrafast Video Attention Prediction
           with Coupled Knowledge Distillation*, AAAI 2020, arXiv:1904.04449.
Survey:    Sec 15.6.1, ref [63]; Eqn 10 on maps, in two steps.
Differs:   confirmed from the abstract: complex teachers of high resolution,
           a spatial and a temporal one, of which the knowledge is
           transferred to one light network of low resolution. From memory of
           the paper and the survey: a step for each branch with a weighted
           sum of two squared differences, m = 1/2, then joint optimization.
           D of the third step is the loss that is compiled.
"""

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import PartDistiller
from tfkd.distillers import PartTrainer
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import LabelMatch
from tfkd.methods.card import Card
from tfkd.teachers import own_views
from tfkd.transforms import PooledMap

CARD = Card(
    key="uva_net",
    status="simplified",
    simplified=(
        "the formula and its weight are not confirmed; the networks, in the "
        "paper of depth-wise convolutions, are the user's"
    ),
    teacher="many",
    needs=("views",),
    task="attention",
    example="""\
frame = x[..., 1:]
teacher, other = task.model(images=1), task.model()
teachers = [teacher, other]
options = {"modalities": ("frame", "pair")}
student = task.two_branches()
x = {"student": task.smaller(x), "teacher": {"frame": frame, "pair": x}}
labels = task.smaller(labels)
""",
)


def build(
    *,
    teacher,
    student,
    modalities: tuple | None = None,
    branches: tuple = ("spatial", "temporal"),
    imitation: float = 0.5,
):
    """Builds the chain.

    Args:
        teacher: A list of two networks of attention, the spatial one first.
        student: Network with a map of each branch and one of both, such as
            `tfkd.tasks.attention.two_branches()`.
        modalities: What each teacher sees, where it is not what the student
            sees: names in the teacher's view, as in `x = {"student": small,
            "teacher": {"frame": image, "pair": images}}`.
        branches: Names of S_k in the student, in the teachers' order.
        imitation: m in [0, 1].

    Returns:
        A `Chain`, not compiled; `fit` trains the branches one after the
        other and then the whole, each for the epochs given.

    Raises:
        InputError: If teachers, modalities and branches do not fit each
            other, an answer is no map, or `imitation` is out of range.
    """
    ensemble = own_views("uva_net", teacher, modalities)
    if len(ensemble.members) != len(branches) or not 0 <= imitation <= 1:
        raise InputError(
            "uva_net needs one teacher for each branch and imitation in [0, "
            f"1], received {len(ensemble.members)} teachers, branches="
            f"{branches!r}, imitation={imitation!r}."
        )
    shapes = [taps.shape(student, name) for name in branches]
    if any(len(shape) != 4 or shape[-1] != 1 for shape in shapes):
        raise InputError(
            "The branches of uva_net answer with maps (batch, height, width, "
            f"1), received shapes {shapes}. Name taps of such maps."
        )

    def stage(number):
        name = branches[number]
        size = shapes[number][1:3]
        return lambda _: PartDistiller(
            student=student,
            end=name,
            teacher=ensemble.members[number],
            distillation_losses=[
                FeatureMatch(
                    teacher_tap="outputs",
                    student_tap=name,
                    teacher_transform=PooledMap(size),
                    student_transform=PooledMap(size),
                    weight=imitation,
                    name=f"{name}_from_teacher",
                ),
                LabelMatch(
                    student_tap=name,
                    weight=1.0 - imitation,
                    name=f"{name}_truth",
                ),
            ],
            student_loss_weight=0.0,
        )

    stages = [stage(number) for number in range(len(branches))]
    for make in stages:
        make(None)  # Mistakes are found before any training.
    joint = PartTrainer(student=student)
    return Chain([*stages, lambda _: joint], student=student)
