"""Gates keep or drop regions of teachers' maps: a proposal of the survey.

Equation:  L = a H(y, softmax(z_s)) + b sum_i mean r_ik (F_i - f_i(F_s))^2
               + b c H(q, softmax(sum_i U_i pool(r_i F_i)))
           r_ik = sigmoid(w_i . [t_ik, s_k] + b_i)
Symbols:   F_i, F_s (batch, height, width, channels) maps of teacher i and of
           the student; t_ik, s_k their means over region k of a grid, at
           length one; f_i a 1x1 regressor; q the label, or the teachers'
           mean prediction; U trained with the gate, which is a constant in
           the first sum; a = `task_weight`; b = `weight`;
           c = `gate_weight`.
Paper:     none. The survey refers to gates of recurrent networks and to
           regions in re-identification.
Survey:    Sec 17.4, Eqn 25 with a gate on regions, refs [97, 293], where an
           LSTM-like unit that keeps or drops a region's features by what
           they contribute to the task is an open direction.
Differs:   the survey gives no equation: this one puts its words into Eqn 25.
           Contribution to the task is measured by the last term, which
           trains the gate. Regions are cells of a grid.
"""

from tfkd.methods.card import Card
from tfkd.methods.gates import gated_distiller
from tfkd.transforms import RegionGate

CARD = Card(
    key="outlook_region_gate",
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
    regions: tuple = (2, 2),
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
        regions: `(rows, columns)` of the grid.
        gate_weight: c > 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap is no map, the grid is finer than a map, or an
            argument is out of range.
    """
    return gated_distiller(
        RegionGate(regions),
        teacher=teacher,
        student=student,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        gate_weight=gate_weight,
        weight=weight,
        task_weight=task_weight,
        name="region_gate",
    )
