"""Stagewise distillation: the student copies the teacher stage by stage.

Equation:  stage k = 1 ... K:  L_k = b mean (F_t^k - F_s^k)^2, which trains
               the student's layers between its taps k - 1 and k alone
           then:  L = H(y, softmax(z_s)), which trains the rest alone
Symbols:   F^k (batch, height, width, channels) end of layer group k of K;
           z_s (batch, classes) logits; b = `weight`.
Paper:     Kulkarni, Panchi, Raparthy & Chiddarwar, *Data Efficient Stagewise
           Knowledge Distillation*, arXiv:1911.06786.
Survey:    Sec 4.2, Table 2, ref [122].
Differs:   stages, losses and what is trained are those of the authors'
           released code. There the weights with the best validation loss
           begin the next stage; here the last ones do. Batch normalizations
           of a frozen stage keep their statistics, which that code lets
           drift. Only the last stage needs labels.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Chain
from tfkd.distillers import PartDistiller
from tfkd.distillers import PartTrainer
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="skd_stagewise",
    columns={
        "TF_t": "None",
        "TF_s": "None",
        "Position": "End of layer group",
        "Distance": "L2",
        "Lost knowledge": "None",
    },
    example="""\
teacher = tfkd.models.build("resnet", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 1.0,
):
    """Builds the chain.

    Args:
        teacher: Network with stages.
        student: Network whose stages end in the teacher's shapes.
        pairs: `((teacher_tap, student_tap), ...)` from first to last; the
            stages, paired from the last, if absent.
        weight: b >= 0, a number or schedule of one stage's steps.

    Returns:
        A `Chain`, not compiled; `fit` trains the stages one after the other
        and then the rest, each for the epochs given.

    Raises:
        InputError: If a tap does not exist, taps differ in shape or are not
            in the student's order, or `weight` is negative.
    """
    pairs = tuple(pairs or taps.stage_pairs(teacher, student))
    ends = [student_tap for _, student_tap in pairs]

    def stage(number):
        teacher_tap, student_tap = pairs[number]
        return PartDistiller(
            student=student,
            teacher=teacher,
            distillation_losses=FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                distance=LpDistance(p=2),
                weight=weight,
                name=f"stage_{student_tap.replace('/', '_')}",
            ),
            student_loss_weight=0.0,
            start=ends[number - 1] if number else None,
            end=student_tap,
        )

    def rest():
        return PartTrainer(student=student, start=ends[-1])

    makers = [lambda n=n: stage(n) for n in range(len(pairs))] + [rest]
    for make in makers:
        make()  # A mistake shows before any training.
    return Chain(
        [lambda _, make=make: make() for make in makers], student=student
    )
