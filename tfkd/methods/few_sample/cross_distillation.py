"""Cross distillation: few-shot pruning with hidden maps exchanged.

Equation:  for each layer l, from first to last, with the others frozen:
             L_l = m mean (W_t * h_t - W_s * h_t)^2
                   + (1 - m) mean (W_t * h_s - W_s * h_s)^2,
             or, with `mixing`, the soft variant
             L_l = mean (W_t * g_t - W_s * g_s)^2,
             g_t = a h_t + (1 - a) h_s,  g_s = (1 - b) h_t + b h_s,
             W_s keeping the n(t) input channels of the largest norm
Symbols:   h_t, h_s (batch, height, width, channels) what layer l receives in
           teacher and student; W_t, W_s its kernels; m = `correction`; a, b
           = `mixing`; n(t) falls from all channels to a share `keep` in
           `pruning_steps` steps.
Paper:     Bai, Wu, King & Lyu, *Few Shot Network Compression via Cross
           Distillation*, AAAI 2020, arXiv:1911.09450.
Survey:    Sec 10.2, ref [19]; the survey describes [138] in its place.
Differs:   losses, m = 0.6 and the falling n(t) are those of the authors'
           released code, which also lowers the learning rate by 10 after
           pruning: give a schedule to the optimizer. There a channel that
           went never comes back. That code has the loss of the soft variant
           and its two numbers, with nothing mixed (1 and 1); which of them
           mixes which map is inferred. Learns with the optimizer that is
           compiled.
           `tfkd.models.prune_channels.used` says, after training, which
           channels the smaller network keeps.
"""

from tfkd import taps
from tfkd.distillers import Chain
from tfkd.distillers import PrunedPart
from tfkd.errors import InputError
from tfkd.losses import CrossedLayers
from tfkd.methods.card import Card

CARD = Card(
    key="cross_distillation",
    options={"pruning_steps": 2},
    example="""\
student = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student.set_weights(teacher.get_weights())
""",
)


def build(
    *,
    teacher,
    student,
    layers: tuple | None = None,
    keep: float = 0.5,
    correction: float = 0.6,
    mixing: tuple | None = None,
    pruning_steps: int = 333,
):
    """Builds the chain.

    Args:
        teacher: Trained network.
        student: A copy of the teacher, with its weights.
        layers: Names of convolutions or dense layers that both have, from
            first to last; all convolutions larger than 1x1 but the first,
            which sees the image, if absent.
        keep: Share of each layer's input channels that stay, in (0, 1].
        correction: m in [0, 1].
        mixing: `(a, b)`, both in [0, 1], for the soft variant in place of m.
        pruning_steps: Steps of each layer in which channels go, at least 1.

    Returns:
        A `Chain`, not compiled; `fit` trains one layer after the other, each
        for the epochs given, and needs no labels.

    Raises:
        InputError: If there is no such layer, the student is no copy, or a
            number is out of range.
    """
    names = tuple(layers or _spatial(teacher, student)[1:])
    if not names:
        raise InputError(
            "cross_distillation needs at least two convolutions that teacher "
            "and student both have, larger than 1x1, of which it prunes all "
            f"but the first; found none to prune in {student.name!r}. Name "
            "the layers."
        )

    def stage(name):
        return PrunedPart(
            student=student,
            teacher=teacher,
            distillation_losses=CrossedLayers(
                teacher_layer=name,
                student_layer=name,
                correction=correction,
                mixing=mixing,
                name=f"crossed_{name.replace('/', '_')}",
            ),
            student_loss_weight=0.0,
            layer=name,
            keep=keep,
            pruning_steps=pruning_steps,
        )

    for name in names:
        stage(name)  # A mistake shows before any training.
    return Chain(
        [lambda _, name=name: stage(name) for name in names], student=student
    )


def _spatial(teacher, student):
    found = {
        name: layer for name, layer, _, _ in taps.TapGraph(student).calls()
    }
    return [
        name
        for name in taps.common_convolutions(teacher, student)
        if max(found[name].kernel_size) > 1
    ]
