"""Networks of frames teach one of an event camera: a proposal.

Equation:  L = a H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T)) + g mean_(p, c) (F_t - r(F_s))_pc^2
Symbols:   z_t, F_t (batch, classes), (batch, height, width, channels) logits
           and a map of the teacher for a frame; z_s, F_s those of the student
           for the events around it, as counts a pixel; r a 1x1 convolution,
           trained; p positions: both sensors look at the same pixels; T =
           `temperature`; b = `soft_weight`; g = `feature_weight`; a =
           `task_weight`; y labels, -1 for none.
Paper:     none. The survey names Wang, Ho, Mostafavi & Yoon and Wang, Kim &
           Yoon, *EventSR*, CVPR 2020, on images from events, as what could
           gain from networks of frames.
Survey:    Sec 12.3 and 17.6, refs [219, 241, 242], where knowledge from
           frames to events is an open direction: events have few labels.
Differs:   the survey gives no equation: this is its Eqns 2 and 10 for pairs
           of a frame and of events, which need no label.
           `tfkd.sources.event_stack` simulates them from films.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import Regressor

CARD = Card(
    key="outlook_event_vision",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equation is ours"
    ),
    needs=("views",),
    example="""\
moved = np.roll(images, 1, axis=2)  # The next frame of a film.
events = tfkd.sources.event_stack(np.stack([images, moved], axis=1))
x = {"student": events, "teacher": images}
student = tfkd.models.build(
    "cnn", filters=(4, 8, 16), input_shape=(28, 28, 2), num_classes=10
)
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    soft_weight: float = 1.0,
    feature_weight: float = 1.0,
    temperature: float = 4.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of frames, of which it sees `x["teacher"]`.
        student: Classifier of stacked events of the same pixels, of which it
            sees `x["student"]`.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent. The map is
            averaged to the teacher's size.
        soft_weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, a tap does not exist, two
            differ in rank, or a number is out of range.
    """
    maps = FeatureMatch(
        teacher_tap=teacher_tap or taps.stages(teacher)[-1],
        student_tap=student_tap or taps.stages(student)[-1],
        student_transform=Regressor(),
        weight=feature_weight,
        name="maps",
    )
    answers = SoftTargets(temperature=temperature, weight=soft_weight)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[answers, maps],
        student_loss_weight=task_weight,
    )
