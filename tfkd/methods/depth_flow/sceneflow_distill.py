"""Scene flow, taught by a network of stereo and one of flow.

Equation:  L = sum_h w_h sum_p m_h |t_h - s_h| / sum_p m_h + a H(s, y)
Symbols:   h disparity, flow, and the disparity a moment later, maps of the
           first of four images; s_h the student's, t_h made of the teachers'
           answers to pairs of the images; |.| means over the numbers of a
           pixel; m_h 1 where a reversed pair agrees; H the loss that is
           compiled, y labels where there are any; w = `weights`; a =
           `task_weight`.
Paper:     Aleotti, Poggi, Tosi & Mattoccia, *Learning End-to-End Scene Flow
           by Distilling Single Tasks Knowledge*, AAAI 2020, arXiv:1911.10090.
Survey:    Sec 15.4, Eqn 10, ref [9].
Differs:   confirmed from the abstract: one light network of the whole scene
           flow, proxy annotations of networks that know stereo or flow alone.
           Confirmed in the authors' code: absolute differences, the flow's
           two halved (w = 1 here); a mask of proxies that count; and that
           only the finest answer, enlarged to full size, has a loss when it
           learns from proxies; those at smaller scales have one when it
           learns from labels before. Sums over pixels there. That the later
           disparity is read where the flow leads is inferred; so is the
           check, in both directions, of which proxies count.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import ProxyMap
from tfkd.methods.card import Card
from tfkd.teachers import SceneFlowTeacher

CARD = Card(
    key="sceneflow_distill",
    status="simplified",
    simplified=(
        "the student is any network with three outputs: not the paper's own, "
        "which compares features of the four images at several scales"
    ),
    teacher="many",
    task="displacement",
    example="""\
from tfkd.models import named_heads

x, labels = task.video(64)
teachers = {"stereo": task.model(channels=1), "flow": task.model()}
student = named_heads.build(
    task.model(input_shape=(24, 24, 4)),
    {"disparity": 1, "flow": 2, "next_disparity": 1},
    layer="decoder",
)
""",
)
_HEADS = ("disparity", "flow", "next_disparity")


def build(
    *,
    teacher,
    student,
    weights: tuple = (1.0, 1.0, 1.0),
    relative: float = 0.01,
    absolute: float = 0.5,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Fit it on four images behind each other in the channels, left and right,
    and left and right a moment later.

    Args:
        teacher: `{"stereo": model, "flow": model}` of networks of pairs, see
            `tfkd.tasks.displacement`.
        student: A network of the four images whose outputs are a dict of
            `"disparity"`, `"flow"` and `"next_disparity"`.
        weights: w of these, three numbers >= 0 or schedules.
        relative: Of the check, see `tfkd.teachers.PairMatchingTeacher`.
        absolute: Likewise.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such networks, or an argument is out
            of range.
    """
    if not isinstance(teacher, dict) or set(teacher) != {"stereo", "flow"}:
        raise InputError(
            'sceneflow_distill needs teacher={"stereo": model, "flow": '
            f"model}}, received {teacher!r}."
        )
    missing = set(_HEADS) - set(taps.output_names(student))
    if missing or len(weights) != len(_HEADS):
        raise InputError(
            f"sceneflow_distill needs a student with the outputs "
            f"{_HEADS} and three weights, received outputs "
            f"{taps.output_names(student)} and weights {weights!r}. "
            "Build it with tfkd.models.named_heads.build()."
        )
    return Distiller(
        student=student,
        teacher=SceneFlowTeacher(
            teacher["stereo"],
            teacher["flow"],
            relative=relative,
            absolute=absolute,
        ),
        distillation_losses=[
            ProxyMap(
                teacher_tap=head,
                mask_tap=f"{head}_trusted",
                student_tap=head,
                kind="l1",
                weight=weight,
                name=f"proxy_{head}",
            )
            for head, weight in zip(_HEADS, weights)
        ],
        student_loss_weight=task_weight,
    )
