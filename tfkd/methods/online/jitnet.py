"""JITNet: a student is specialized to a video while the video runs.

Equation:  L = b 1/P sum_p w_p H(argmax z_t,p, softmax(z_s,p)) + a L_task
           on every s-th frame, until A >= m or U times; then
           s <- min(2 s, s_max)  if A > m,  max(s / 2, s_min)  else
Symbols:   z_t, z_s (batch, height, width, classes) logits of P pixels; w_p
           `region_weight` around what the teacher sees, else 1, see
           `tfkd.losses.RegionTargets`; A mean IoU of both answers;
           s the stride between frames that the teacher sees, from
           s_min = `minimum_stride` to s_max = `maximum_stride`;
           U = `updates`; m = `threshold`; b = `weight`; a = `task_weight`.
Paper:     Mullapudi, Chen, Zhang, Ramanan & Fatahalian, *Online Model
           Distillation for Efficient Video Inference*, ICCV 2019,
           arXiv:1812.02699.
Survey:    Sec 8.1 and 15.1, ref [178]; Eqn 2 with pseudo labels.
Differs:   confirmed from a public summary and a public implementation of the
           paper: the loop, the stride's rule, strides of 8 to 64 frames, 8
           updates at most, a threshold of 0.9; 5 times the weight in the
           regions of objects. The student's network, of separable layers, is
           the user's. The optimizer is what is compiled: a large rate and
           momentum in the paper.
"""

from tfkd.distillers import AdaptiveStride
from tfkd.distillers import StreamDistiller
from tfkd.losses import RegionTargets
from tfkd.methods.card import Card

CARD = Card(
    key="jitnet",
    status="simplified",
    simplified=(
        "regions are the teacher's own pixels of objects, made larger, where "
        "the paper takes the boxes of an instance segmenter"
    ),
    task="segmentation",
)


def build(
    *,
    teacher,
    student,
    background: int = 0,
    region_weight: float = 5.0,
    dilation: int = 1,
    minimum_stride: int = 8,
    maximum_stride: int = 64,
    updates: int = 8,
    threshold: float = 0.9,
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
        background: Number of the class that is no object.
        region_weight: w > 0 around objects.
        dilation: How many pixels around them count as such, >= 0.
        minimum_stride: s_min >= 1, in frames.
        maximum_stride: s_max >= s_min, in frames.
        updates: U >= 1.
        threshold: m in [0, 1].
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, in `fit`; frames of a stream have no labels.

    Returns:
        A `StreamDistiller`, not compiled.

    Raises:
        InputError: If logits are not dense or differ in shape, or a number
            is out of range.
    """
    return StreamDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=RegionTargets(
            background=background,
            region_weight=region_weight,
            dilation=dilation,
            weight=weight,
        ),
        student_loss_weight=task_weight,
        plan=AdaptiveStride(
            minimum=minimum_stride,
            maximum=maximum_stride,
            updates=updates,
            threshold=threshold,
        ),
    )
