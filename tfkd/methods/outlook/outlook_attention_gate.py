"""Attention gates fuse teachers' maps: a proposal of the survey.

Equation:  L = a H(y, softmax(z_s)) + b sum_i mean (g_i F_i - r_i(F_s))^2
               + b c H(q, softmax(sum_i U_i pool(g_i F_i)))
           g_i = softmax_i of a linear map of F_i(p) / ||F_i(p)||_2, of its
           mean over positions p for gates of channels, so that sum_i g_i = 1
           at each position, or in each channel
Symbols:   F_i, F_s (batch, height, width, channels) maps of teacher i and of
           the student; r_i a 1x1 regressor; q the label, or the teachers'
           mean prediction; U trained with the gate, which is a constant in
           the first sum; a = `task_weight`; b = `weight`;
           c = `gate_weight`.
Paper:     none. The survey refers to region and attention features in other
           tasks.
Survey:    Sec 17.4, Eqns 25-26 with a learned gate, refs [136, 208, 45,
           103, 189], where gates instead of weights set by hand are an open
           direction.
Differs:   the survey gives no equation: this one puts its words into Eqn 25.
           The last term is ours: a gate that only lowered the distance would
           pass what is easy to follow, not what is useful.
"""

from tfkd.methods.card import Card
from tfkd.methods.gates import gated_distiller
from tfkd.transforms import AttentionGate

CARD = Card(
    key="outlook_attention_gate",
    teacher="many",
    status="simplified",
    simplified=(
        "no paper tried it: the survey proposes a direction in words, and "
        "the equation is ours"
    ),
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    axis: str = "position",
    gate_weight: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers with convolutional stages.
        student: Network with convolutional stages.
        teacher_tap: Name of every F_i; each teacher's last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        axis: `"position"` or `"channel"`: along which gates differ.
        gate_weight: c > 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap is no map, or an argument is out of range.
    """
    return gated_distiller(
        AttentionGate(axis),
        teacher=teacher,
        student=student,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        gate_weight=gate_weight,
        weight=weight,
        task_weight=task_weight,
        name="attention_gate",
    )
