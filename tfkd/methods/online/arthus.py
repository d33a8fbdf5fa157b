"""ARTHuS: a fast segmenter that is kept up to date by a slow one.

Equation:  L = b mean_p H(argmax z_t,p, softmax(z_s,p)) + a L_task
           or, with `temperature` T, b T^2 mean_p KL(softmax(z_t,p / T)
           || softmax(z_s,p / T)), on the last N frames that the teacher saw,
           E times after each of them
Symbols:   z_t, z_s (batch, height, width, classes) logits at pixel p;
           N = `window`; E = `epochs`; b = `weight`; a = `task_weight`.
Paper:     Cioppa, Deliege, Istasse, De Vleeschouwer & Van Droogenbroeck,
           *ARTHuS: Adaptive Real-Time Human Segmentation in Sports Through
           Online Distillation*, CVPR Workshops 2019.
Survey:    Sec 8.1, ref [46]; Eqn 2 on a moving window.
Differs:   confirmed from the abstract: no annotation, a fast student that
           mimics the output of a slow universal teacher and is updated
           periodically with the latest conditions of a match. From the
           survey: a window of the latest labelled frames. Inferred: that
           pixels have the teacher's answer as label, the sizes (one frame
           of 25 is labelled, 100 are kept, once each after every answer in
           batches of 8), and answers to a frame before the update.
"""

from tfkd.distances import SoftmaxKL
from tfkd.distillers import SlidingWindow
from tfkd.distillers import StreamDistiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.transforms import HardTargets

CARD = Card(
    key="arthus",
    status="simplified",
    simplified=(
        "of the paper the abstract alone was read: sizes and the loss are "
        "inferred; the student learns between two frames, not beside them"
    ),
    task="segmentation",
)


def build(
    *,
    teacher,
    student,
    temperature: float | None = None,
    every: int = 25,
    window: int = 100,
    epochs: int = 1,
    batch_size: int = 8,
    seed: int = 1,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    `distiller.fit(...)` trains on images beforehand; `log =
    distiller.watch(frames)` then goes through a stream, where `log.outputs`
    are the student's answers.

    Args:
        teacher: Segmenter, as slow as it may be.
        student: Segmenter of the same classes.
        temperature: T > 0, a number or schedule; the teacher's answer is a
            label if absent.
        every: Frames from one that the teacher sees to the next, at least 1.
        window: N >= 1.
        epochs: E >= 1.
        batch_size: Frames of an update, at least 1.
        seed: Whole number >= 1 behind the order of frames.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, in `fit`; frames of a stream have no labels.

    Returns:
        A `StreamDistiller`, not compiled.

    Raises:
        InputError: If logits are not dense or differ in shape, or a number
            is out of range.
    """
    dense_logits("arthus", teacher, student)
    if temperature is None:
        target = FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            teacher_transform=HardTargets(),
            distance=SoftmaxKL(),
            weight=weight,
            name="pseudo_labels",
        )
    else:
        target = SoftTargets(temperature=temperature, weight=weight)
    return StreamDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=target,
        student_loss_weight=task_weight,
        plan=SlidingWindow(
            every=every,
            window=window,
            epochs=epochs,
            batch_size=batch_size,
            seed=seed,
        ),
    )
