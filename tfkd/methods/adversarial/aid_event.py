"""Adversarial imitation: raw text is encoded as if it were annotated.

Equation:  L = a H(y, C(E_s(x))) + b [L_D + L_S] ,
           L_D = -log D(E_t(x')) - log(1 - D(E_s(x))) ,  E_s held
           L_S = -log D(E_s(x)) ,  D held
Symbols:   x a raw sentence, x' with its gold annotations; E_t, E_s (batch,
           features) encodings, or (batch, positions, features), whose mean
           the critic sees; C the classifier, the teacher's at first; D the
           sigmoid of a critic; y labels; a = `task_weight`; b = `weight`.
Paper:     Liu, Chen & Liu, *Exploiting the Ground-Truth: An Adversarial
           Imitation Based Knowledge Distillation Approach for Event
           Detection*, AAAI 2019.
Survey:    Sec 5, Eqn 11, ref [143], cited in a group only.
Differs:   confirmed from the paper's abstract and its Figure 2: teacher
           encoder, student encoder, discriminator and event classifier; the
           teacher's encoder and the classifier are trained first; student
           and discriminator then contest; the detector is the student's
           encoder and this classifier. Inferred: that the classifier goes on
           learning from the labels (`freeze_classifier` holds it), the
           critic's layers, weights. Updates are simultaneous, L_S is the
           non-saturating form.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.methods.card import Card
from tfkd.models import critics

CARD = Card(
    key="aid_event",
    status="simplified",
    simplified=(
        "the paper beyond its abstract and figure could not be confirmed; the "
        "teacher is trained before, and annotating text is left to the input "
        "pipeline"
    ),
    needs=("views",),
    options={"critic_units": (8,)},
    example="""\
# Encodings must be of one width for the classifier that they share.
teacher = tfkd.models.build("cnn", filters=(16, 32, 16), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    critic_units: tuple = (128, 128),
    kind: str = "vanilla",
    freeze_classifier: bool = False,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    The student's classifier gets the weights of the teacher's. Batches carry
    both views: `x = {"student": raw, "teacher": annotated}`.

    Args:
        teacher: Classifier of annotated sentences, trained.
        student: Classifier of raw sentences, with features of the teacher's
            width and the same classes.
        teacher_tap: E_t, the features that the classifier reads.
        student_tap: E_s.
        critic_units: Widths of the critic's hidden layers.
        kind: Of the game, see `tfkd.losses.Adversarial`.
        freeze_classifier: Whether C stays the teacher's.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classifiers differ in shape, a tap does not exist,
            or a number is out of range.
    """
    own = taps.classifier(student)
    theirs = taps.classifier(getattr(teacher, "model", teacher))
    shapes = [[tuple(w.shape) for w in head.weights] for head in (theirs, own)]
    if shapes[0] != shapes[1]:
        raise InputError(
            "aid_event gives the student the teacher's classifier, whose "
            f"weights have shapes {shapes[0]}; the student's have "
            f"{shapes[1]}. Give both features of one width, and the same "
            "classes."
        )
    game = Adversarial(
        critics.mlp(taps.shape(teacher, teacher_tap), units=critic_units),
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        kind=kind,
        weight=weight,
    )
    own.set_weights(theirs.get_weights())
    own.trainable = not freeze_classifier
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=game,
        student_loss_weight=task_weight,
    )
