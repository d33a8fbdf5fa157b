"""Graph distillation: modalities teach one, each as much as it can say.

Equation:  L = H(y, softmax(z_s)) + r sum_k (mean g_k - p_k)^2
               + sum_k (g_k + p_k) [l_z d(z_k, z_s) + l_f d(f_k, f_s)]
           g_k = softmax over k of a e(h_s, h_k),  d = 1 - cosine
Symbols:   z_k, f_k logits and features of modality k, of a network of its
           own, z_s, f_s those of the student's; g_k (batch,) the graph's
           edge from k to the student, e a linear map of h = linear maps of
           (z, f), trained with the student; p = `prior`; a = `sharpness`;
           l_z = `logit_weight`; l_f = `feature_weight`;
           r = `prior_weight`.
Paper:     Luo, Hsieh, Jiang, Niebles & Fei-Fei, *Graph Distillation for
           Action Detection with Privileged Modalities*, ECCV 2018,
           arXiv:1712.00108.
Survey:    Sec 6.1, Eqn 20 over modalities, ref [161].
Differs:   nothing in the loss: its form and numbers (l_z = 10, l_f = 1,
           r = 10, a = 1/8, 32 units) are those of the authors' code, which
           trains one modality while the others, trained before, stay as
           they are. The paper's second step, which tunes the student on
           the target domain, is a training of `distiller.student`.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ModalityGraph
from tfkd.methods.card import Card
from tfkd.teachers import own_views

CARD = Card(
    key="graph_distillation",
    teacher="many",
    needs=("views",),
    example="""\
shapes["dense"] = (16,)  # Embeddings of one width.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("cnn", filters=(8, 16, 32), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
x = {"student": images, "teacher": {"sharp": images, "dark": images / 2}}
options = {"modalities": ("sharp", "dark")}
""",
)


def build(
    *,
    teacher,
    student,
    modalities: tuple | None = None,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    prior: tuple | None = None,
    units: int = 32,
    sharpness: float = 0.125,
    logit_weight: float = 10.0,
    feature_weight: float = 1.0,
    prior_weight: float = 10.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries what each network sees of an example:
    `x = {"student": depth, "teacher": {"rgb": ..., "flow": ...}}`.

    Args:
        teacher: A list of classifiers, one a modality.
        student: Classifier of the same classes.
        modalities: Names in the teachers' view, one a teacher in their
            order; if absent, all teachers see the same view.
        teacher_tap: Name of every f_k, of one width.
        student_tap: Name of f_s, as wide.
        prior: p >= 0, one number a modality; equal if absent.
        units: Width of the linear maps.
        sharpness: a >= 0; at 0 all edges are equal.
        logit_weight: l_z >= 0.
        feature_weight: l_f >= 0.
        prior_weight: r >= 0.
        weight: Factor of all but the task loss, a number or schedule.
        task_weight: Factor of the task loss.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If names do not fit the teachers, taps differ in width,
            or a number is out of range.
    """
    ensemble = own_views("graph_distillation", teacher, modalities)
    members = range(len(ensemble.members))
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=ModalityGraph(
            teacher_logits=[f"{i}/logits" for i in members],
            teacher_features=[f"{i}/{teacher_tap}" for i in members],
            student_features=student_tap,
            prior=prior,
            units=units,
            sharpness=sharpness,
            logit_weight=logit_weight,
            feature_weight=feature_weight,
            prior_weight=prior_weight,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
