"""Compressed video: several teachers teach the small network of a stream.

Equation:  L = a H(y, softmax(z_s(x)))
               + b T^2 KL(1/m sum_i softmax(z_i(x_i) / T)
                          || softmax(z_s(x) / T))
Symbols:   x a stream of a compressed video: pictures, motion vectors or
           residuals, as the decoder finds them; x_i what teacher i sees, the
           same stream unless `modalities` names another; z_i, z_s (batch,
           classes) logits of teacher i of m and of the student;
           T = `temperature`; a = `task_weight`; b = `weight`.
Paper:     Wu & Chiu, *Multi-teacher Knowledge Distillation for Compressed
           Video Action Recognition Based on Deep Learning*, Journal of
           Systems Architecture 103, 2020.
Survey:    Sec 7.1, Eqn 23, Table 6, ref [251].
Differs:   confirmed from the abstracts of the paper and of its first version
           (ICASSP 2019): networks of compressed video, and the knowledge of
           several teachers for a single small student, which learns more
           from them than from one. The mean of softened probabilities and
           both losses are the survey's. Inferred: T and both weights. Build
           one student a stream; what is said of a video is the mean of
           theirs.
"""

from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import own_views

CARD = Card(
    key="mt_compressed_video",
    teacher="many",
    status="simplified",
    simplified=(
        "the paper's loss could not be confirmed and is the survey's Eqn 23; "
        "one network of one stream is trained at a time"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
    },
)


def build(
    *,
    teacher,
    student,
    modalities: tuple | None = None,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller of one stream's network.

    Args:
        teacher: A list of classifiers of videos.
        student: Classifier of one stream, of the same classes.
        modalities: What each teacher sees, in their order, where they do not
            see what the student does: names in the teacher's view, as in
            `x = {"student": motion, "teacher": {"motion": motion,
            "pictures": pictures}}`.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If modalities do not fit the teachers, classes differ in
            number, or a number is out of range.
    """
    ensemble = own_views("mt_compressed_video", teacher, modalities)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=EnsembleSoftTargets(
            teacher_taps=[
                f"{index}/logits" for index in range(len(ensemble.members))
            ],
            temperature=temperature,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
