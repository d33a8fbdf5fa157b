"""A missing sensor: its features are generated from the one that is there.

Equation:  L = a H(y, softmax(h(g(c)))) + b L_adv
           critic:     -log D(f(r), c) - log(1 - D(g(c), c))
           generator:  -log D(g(c), c)
Symbols:   r the rich modality, c the one that is there at test time; f
           (batch, features) the teacher's features of r; g those that the
           student makes of c; h its classifier; D = sigmoid of a perceptron
           of hidden widths `units` on features and, as condition, on an
           early layer of the student, without gradient; y labels; a =
           `task_weight`; b = `weight`.
Paper:     Roheda, Riggan, Krim & Dai, *Cross-Modality Distillation: A Case
           for Conditional Generative Adversarial Networks*, ICASSP 2018,
           arXiv:1807.07682.
Survey:    Sec 5.2.2, Eqn 12, Table 3, ref [198].
Differs:   the loss is the survey's, which is itself a reconstruction: of the
           paper no text was read. The student's layers up to its tap are the
           generator, so that what is left after training is one classifier
           of c. The generator has no noise; its term is the non-saturating
           one, and both players move at once.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.models import critics

CARD = Card(
    key="cmd_cgan",
    status="simplified",
    simplified=(
        "the paper's losses and networks could not be confirmed; no noise "
        "enters the generator, which is the lower part of the student"
    ),
    columns={
        "GAN type": "Second type",
        "Purpose": "Cross-domain surveillance",
        "D's input": "Features",
        "Number of D": "One",
        "On-line": "Yes",
    },
    needs=("views",),
    example="""\
shapes["dense"] = (16,)  # Features of one width.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    condition_tap: str | None = None,
    units: tuple = (128, 256, 128),
    kind: str = "vanilla",
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": c, "teacher": r}`.

    Args:
        teacher: Network of the rich modality.
        student: Classifier of the one that is there at test time.
        teacher_tap: Name of f.
        student_tap: Name of g, of the same shape.
        condition_tap: Tap of the student that is D's condition; its first
            stage if absent.
        units: Widths of the critic's hidden layers.
        kind: Of game, see `tfkd.losses.Adversarial`.
        weight: b >= 0, a number or schedule; it scales the critic's loss too.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, features differ in shape, or an
            argument is out of range.
    """
    condition_tap = condition_tap or taps.stages(student)[0]
    critic = critics.mlp(
        taps.shape(teacher, teacher_tap),
        taps.shape(student, condition_tap),
        units=units,
    )
    game = Adversarial(
        critic,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        condition_tap=condition_tap,
        kind=kind,
        weight=weight,
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=game,
        student_loss_weight=task_weight,
    )
