"""Response prediction: a simple reader follows a complex one's spans.

Equation:  L = sum_e [ a H(y_e, softmax(z_s^e))
                       + b T^2 KL(softmax(z_t^e / T) || softmax(z_s^e / T)) ],
           e in {start, end}
Symbols:   z_t^e, z_s^e (batch, length) scores of the positions of a document
           where the response starts and ends, softmax over those that are no
           padding; y_e the positions; T = `temperature`; a = `task_weight`;
           b = `weight`.
Paper:     Arora, Khapra & Ramaswamy, *On Knowledge Distillation from Complex
           Networks for Response Prediction*, NAACL 2019.
Survey:    Sec 4.1.3 and 4.1.4, Table 1, ref [14].
Differs:   confirmed from the paper's abstract and figures: the teacher
           relates all words of query and document, the student is a simple
           attention model without pairwise interactions (see
           `tfkd.models.spans`) that predicts a span and matches the
           teacher's distribution besides the labels. Inferred: KL at a
           temperature, as the survey's Eqn 2. Not confirmed: T, a and b,
           which are those of `hinton_kd`.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="arora_response",
    status="simplified",
    simplified=(
        "the change of the student's architecture that lowers the conicity "
        "of its representations; the form of the divergence is inferred"
    ),
    columns={
        "Method": "Imposing strictness",
        "Objective": "Eqn. 8 or Eqn. 6",
    },
    zero_when_equal=True,
    task="sequence",
    example="""\
x, labels = task.span_data(64)
teacher = task.span_model()
student = task.span_model(simple=True)
loss = {"start": task.loss(), "end": task.loss()}
""",
)


def build(
    *,
    teacher,
    student,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Network with a dict of scores of positions, such as
            `tfkd.models.spans.reader`; padding scores -1e9.
        student: Network with the same outputs, such as
            `tfkd.models.spans.simple_reader`. Labels are a dict of the same
            keys; compile it with a dict of losses.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the teacher lacks an output, positions differ in
            number, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            SoftTargets(
                teacher_tap=name,
                student_tap=name,
                temperature=temperature,
                weight=weight,
                name=f"soft_{name}",
            )
            for name in taps.output_names(student)
        ],
        student_loss_weight=task_weight,
    )
