"""Common feature learning: teachers of other architectures, one space.

Equation:  L = b T^2 KL(softmax(z / T) || softmax(z_s / T))
               + w sum_i [MMD^2(h_s, h_i) + g mean (d_i(h_i) - F_i)^2]
               + a H(y, softmax(z_s)),
           h_i = e(a_i(F_i)),  h_s = e(a_s(F_s)),  z = [z_1; ...; z_m]
Symbols:   z_i, z_s (batch, classes) logits of teacher i, of the classes of
           its label set, and of the student, of all classes; F_i, F_s
           (batch, height, width, channels) their last maps; a aligns, e
           extracts and is shared by all networks, d_i decodes: see
           `tfkd.losses.CommonFeatures`; T = `temperature`; b = `weight`;
           w = `feature_weight`; g = `reconstruction`; a = `task_weight`.
Paper:     Luo, Wang, Fang, Hu, Tao & Song, *Knowledge Amalgamation from
           Heterogeneous Networks by Common Feature Learning*, IJCAI 2019,
           arXiv:1906.10546.
Survey:    Sec 7.5, Table 6, ref [159].
Differs:   confirmed in an author's code: the blocks, the kernel of the MMD on
           normalized features, w = 10, b = 1, g = 1, T = 1, and concatenated
           logits without labels. The MMD here is the biased estimate; that
           code divides by n (n - 1) and counts the diagonal. Where label
           sets overlap, the mean of the logits.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import CommonFeatures
from tfkd.methods.card import Card
from tfkd.methods.label_sets import checked_sets
from tfkd.methods.label_sets import joined_targets
from tfkd.teachers import as_ensemble

CARD = Card(
    key="cfl",
    teacher="many",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD_fea+logits",
    },
    needs=("unlabelled",),
    options={"units": 4},
    example="""\
shapes["num_classes"] = 5
teacher = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
other = tfkd.models.build("resnet", filters=(8, 16, 32), **shapes)
options = {"label_sets": (range(5), range(5, 10))}
""",
)


def build(
    *,
    teacher,
    student,
    label_sets: tuple | None = None,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    units: int = 128,
    reconstruction: float = 1.0,
    temperature: float = 1.0,
    weight: float = 1.0,
    feature_weight: float = 10.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of convolutional classifiers, of any architectures,
            of their own sets of classes each.
        student: Convolutional classifier of all classes.
        label_sets: `((0, 1, 2), (3, 4), ...)`: of each teacher, the
            student's class that each of its logits scores; all of the
            student's classes for every teacher if absent.
        teacher_tap: Name of every F_i; each teacher's last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        units: Channels of the common space, at least 1.
        reconstruction: g > 0.
        temperature: T > 0.
        weight: b >= 0, a number or schedule.
        feature_weight: w >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled. Batches need at least two examples.

    Raises:
        InputError: If the sets fit neither the teachers nor the student, a
            tap is no map, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    sets = checked_sets("cfl", label_sets, ensemble, student)
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            joined_targets(sets, temperature, weight),
            CommonFeatures(
                teacher_taps=[
                    f"{i}/{teacher_tap or taps.stages(member)[-1]}"
                    for i, member in enumerate(ensemble.members)
                ],
                student_tap=student_tap or taps.stages(student)[-1],
                units=units,
                reconstruction=reconstruction,
                weight=feature_weight,
            ),
        ],
        distillation_loss_weights=[temperature**2, 1.0],
        student_loss_weight=task_weight,
    )
