"""Internal representations: layer by layer, as the teacher's inside.

Equation:  L = sum_j w_j(n) [ b_A L_A^j + b_C (1 - cos(h_t^j, h_s^j)) ]
               + w_C(n) [ b_S T^2 KL(softmax(z_t / T) || softmax(z_s / T))
                          + a H(y, softmax(z_s)) ]
           L_A^j = 1/(H |x|) sum_h sum_i KL(A^t_hi || A^s_hi)
           order "progressive":  w_j = 1 in the j-th K steps only, from 0
           order "stacked":      w_j = 1 from the j-th K steps on, until
                                 w_C = 1 and all w_j = 0 (step m K)
           order "together":     w_j = w_C = 1
Symbols:   A attention distributions of the H heads over the |x| tokens
           without padding, h state of [CLS], of student layer j of m and the
           last of its group of teacher layers; z logits; n step; K =
           `layer_steps`; T = `temperature`; b_A = `attention_weight`;
           b_C = `cosine_weight`; b_S = `weight`; a = `task_weight`.
Paper:     Aguilar et al., *Knowledge Distillation from Internal
           Representations*, AAAI 2020, arXiv:1910.03723.
Survey:    Sec 4.2, Table 2, ref [4].
Differs:   L_A is the mean over heads and tokens. A layer's stage ends after
           K steps; the paper may end it at a threshold of its loss.
           Confirmed from summaries of the paper: attention distributions
           and [CLS] states, bottom-up, progressive (PID) or stacked (SID).
           From memory of the paper: after the layers classification alone.
           Not confirmed: T and the factors, which are 1 here.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import NormalizedLp
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.losses import RelationKL
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.transforms import Position

CARD = Card(
    key="ir",
    columns={
        "TF_t": "Attention matrix",
        "TF_s": "Attention matrix",
        "Position": "Middle layers",
        "Distance": "KL + cosine",
        "Lost knowledge": "None",
    },
    zero_when_equal=True,
    options={"layer_steps": 1},
    task="sequence",
)

_ORDERS = ("stacked", "progressive", "together")


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    mask_tap: str | None = "mask",
    order: str = "stacked",
    layer_steps: int = 1000,
    temperature: float = 1.0,
    attention_weight: float = 1.0,
    cosine_weight: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Transformer with the taps of
            `tfkd.models.transformer.build`.
        student: Likewise, of as many heads, tokens and features.
        pairs: `((teacher_layer, student_layer), ...)` from the input on,
            names of the taps of hidden states, [CLS] first, and prefixes of
            the taps `<layer>_scores`; every student layer with the last of
            its group if absent.
        mask_tap: Student's tap that is true where no padding is; `None`
            where nothing is padded.
        order: `"stacked"`, `"progressive"` or `"together"`.
        layer_steps: K, at least 1; not used by `"together"`.
        temperature: T > 0, a number or schedule.
        attention_weight: b_A >= 0, a number or schedule of the layer's own
            steps.
        cosine_weight: b_C >= 0, likewise.
        weight: b_S >= 0, likewise of the last stage's.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, heads or widths differ, or an
            argument is out of range.
    """
    if order not in _ORDERS:
        raise unknown("order of ir", order, _ORDERS)
    steps = at_least("ir", "layer_steps", layer_steps, 1)
    pairs = tuple(pairs or taps.group_ends(teacher, student))
    end = steps * len(pairs)

    def active(value, name, start, stop):
        """The schedule `value` between two steps, 0 elsewhere."""
        value = schedules.get(value, name, minimum=0.0)
        if order == "together":
            return value
        if stop is not None:
            value = schedules.Until(stop - start, value)
        return schedules.After(start, value)

    losses = []
    for number, (teacher_layer, student_layer) in enumerate(pairs):
        start = steps * number
        stop = start + steps if order == "progressive" else end
        losses += [
            RelationKL(
                teacher_tap=f"{teacher_layer}_scores",
                student_tap=f"{student_layer}_scores",
                mask_tap=mask_tap,
                weight=active(
                    attention_weight, "attention_weight", start, stop
                ),
                name=f"attention_{student_layer}",
            ),
            # Half the squared distance of unit vectors is 1 - cos.
            FeatureMatch(
                teacher_tap=teacher_layer,
                student_tap=student_layer,
                teacher_transform=Position(),
                student_transform=Position(),
                distance=NormalizedLp(p=2, reduce="sum"),
                weight=active(cosine_weight, "cosine_weight", start, stop),
                name=f"cosine_{student_layer}",
            ),
        ]
    soft = SoftTargets(
        temperature=temperature, weight=active(weight, "weight", end, None)
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[*losses, soft],
        distillation_loss_weights=[1.0, 0.5] * len(pairs) + [1.0],
        student_loss_weight=active(task_weight, "task_weight", end, None),
    )
