"""TKD: a detector learns key frames of a stream from a slow one.

Equation:  L = b 1/R sum_r w_r 1/n sum_i (t_ri - s_ri)^2 + a L_det ,
           w_r = 1  if max_c sigmoid(t_rc) >= m,  g^2  else ,
           U times on every key frame
Symbols:   t, s (batch, regions, n) answers of teacher and student for R
           regions: a box, and a logit a class c; m = `threshold`; g =
           `blend`; U = `updates`; b = `weight`; a = `task_weight`. A frame is
           a key frame where the student's answer changed by more than
           `change` of its size since the last one, or `maximum` frames
           passed, see `tfkd.distillers.ChangedFrames`.
Paper:     Farhadi & Yang, *TKD: Temporal Knowledge Distillation for Active
           Perception*, WACV 2020, arXiv:1903.01522.
Survey:    Sec 15.6.1, ref [58]; Eqns 2 and 10 on selected frames.
Differs:   confirmed from the abstract: key frames that a recurrent network
           selects, a heavy detector on these alone, a light one that learns
           from it, a loss bounded by the teacher. Confirmed from the
           authors' code: squared differences of raw answers; where the
           teacher's confidence is below 0.4, from 0.4 of its answer and 0.6
           of the student's own; 3 updates a frame. Inferred: `change` and
           `maximum`.
"""

from tfkd.distances import SureRegions
from tfkd.distillers import ChangedFrames
from tfkd.distillers import StreamDistiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.detectors import same_regions

CARD = Card(
    key="tkd",
    status="simplified",
    simplified=(
        "key frames are where the student's answer changes, where the paper "
        "trains an LSTM to find them; the whole student learns, where the "
        "paper's is a decoder on features of a fixed network"
    ),
    task="detection",
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    threshold: float = 0.4,
    blend: float = 0.4,
    change: float = 0.1,
    maximum: int = 64,
    updates: int = 3,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    `distiller.fit(...)` trains on images beforehand; `log =
    distiller.watch(frames)` then goes through a stream, where `log.outputs`
    are the student's answers and `log.asked` the key frames.

    Args:
        teacher: Detector, as slow as it may be.
        student: Detector of the same regions and classes.
        threshold: m in [0, 1].
        blend: g in [0, 1].
        change: In [0, 1]: how much of its size.
        maximum: Frames from one key frame to the next at most, at least 1.
        updates: U >= 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, in `fit`; frames of a stream have no labels.

    Returns:
        A `StreamDistiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, or a number is out of
            range.
    """
    same_regions("tkd", teacher, student)
    return StreamDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=SureRegions(threshold=threshold, blend=blend),
            weight=weight,
            name="regions",
        ),
        student_loss_weight=task_weight,
        plan=ChangedFrames(change=change, maximum=maximum, updates=updates),
    )
