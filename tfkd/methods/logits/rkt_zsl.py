"""Relational knowledge transfer: classes without examples, by attributes.

Equation:  a_u = argmin_a 1/2 ||A_u - sum_s a_s A_s||_2^2 + l ||a||_1
           v_u = sum_s a_us m_s + d * n,  n ~ N(0, I)
           L = a H(y, softmax(z_s)) + b H(u, softmax(h(v_u)))
               + g 1 / F ||f_t - f_s||_2^2
Symbols:   A_k attributes of class k; s classes with examples, u those in
           `unseen`; f_t, f_s (batch, F) embeddings of teacher and student;
           m_s mean of f_t over class s, d its deviation within classes; h
           the student's classifier of all classes, z_s = h(f_s); l =
           `penalty`; a = `task_weight`; b = `weight`; g = `feature_weight`.
Paper:     Wang, Li, Lin & Zhuang, *Relational Knowledge Transfer for
           Zero-Shot Learning*, AAAI 2016.
Survey:    Sec 4.1.3, Table 1, ref [237], which reads it as distillation of
           relations between instances; the paper's relations are between
           classes, in a space of attributes.
Differs:   confirmed from the abstract: relations extracted from the space of
           attributes by sparse coding, transferred backwards to generate
           virtual data of unseen classes in the space of features, on which
           the map to classes is learned.
"""

from tfkd import taps
from tfkd.losses import VirtualClasses
from tfkd.methods import unseen_classes
from tfkd.methods.card import Card

CARD = Card(
    key="rkt_zsl",
    status="simplified",
    simplified=(
        "virtual data are normal around combined class means, and a softmax "
        "classifier of the student learns from them in place of the paper's "
        "regression of attributes; that the features are a teacher's, whose "
        "embedding the student regresses, is how it becomes distillation"
    ),
    columns={"Method": "Imposing strictness", "Objective": "Eqn. 8 or Eqn. 2"},
    options={
        "attributes": ((1, 0, 0), (0, 1, 0), (0, 1, 1), (1, 1, 0)),
        "unseen": (3,),
    },
    example="""\
shapes |= {"num_classes": 4, "dense": (16,)}
labels = labels % 3  # Of class 3 there is no image.
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
student = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    attributes: tuple = (),
    unseen: tuple = (),
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    penalty: float = 0.1,
    weight: float = 1.0,
    feature_weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Network that was trained without the unseen classes.
        student: Classifier of all classes, by a dense layer on an embedding
            as wide as the teacher's. Its training data has labels of every
            seen class.
        attributes: A, one row of numbers a class of the student.
        unseen: Classes without examples.
        teacher_tap: Name of f_t, a vector.
        student_tap: Name of f_s, which the classifier receives.
        penalty: l >= 0.
        weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Of the virtual data.

    Returns:
        An `AdaptingDistiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, embeddings differ in width, or
            attributes, classes and student do not fit.
    """
    return unseen_classes.distiller(
        VirtualClasses(
            teacher_tap=teacher_tap,
            head=taps.classifier(student),
            attributes=attributes,
            unseen=unseen,
            penalty=penalty,
            seed=seed,
            weight=weight,
        ),
        teacher=teacher,
        student=student,
        teacher_tap=teacher_tap,
        student_tap=student_tap,
        feature_weight=feature_weight,
        task_weight=task_weight,
    )
