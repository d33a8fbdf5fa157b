"""MTOR: a mean teacher's regions, and their relations, in a new domain.

Equation:  L = a mean_S L_det + b mean_T [ L_region + L_inter + L_intra ]
           L_region = 1/|R| sum_(r in R) 1/C sum_c (q'_rc - q_rc)^2
           L_inter = 1/|R|^2 sum_ij (A'_ij - A_ij)^2
           L_intra = sum_ij M_ij (1 - A_ij) / sum_ij M_ij ,
           A_ij = <f_i, f_j> / (||f_i|| ||f_j||) ,
           M_ij = 1[argmax q'_i = argmax q'_j], i != j ,
           theta' <- d theta' + (1 - d) theta after every step
Symbols:   S the images with boxes, the source domain; T those without, the
           target; q_rc = sigmoid of the student's score of class c in region
           r, for one noisy view; q' that of its average theta' for another;
           f features of a region; i, j, r in R: of the M = `candidates`
           regions of which the teacher is most confident, those of a
           confidence >= m = `threshold`; b = `weight`; d = `decay`; a =
           `task_weight`.
Paper:     Cai, Pan, Ngo, Tian, Duan & Yao, *Exploring Object Relation in Mean
           Teacher for Cross-Domain Detection*, CVPR 2019, arXiv:1904.11245.
Survey:    Sec 13.1 and 15.3.1, Eqn 20, ref [29].
Differs:   confirmed from the abstract: a mean teacher in Faster R-CNN with
           consistency of regions' predictions, of the graphs of teacher and
           student, and of regions of one class within the student's graph.
           Inferred: squares, cosines as edges, how regions are chosen, and
           all numbers. The detection loss is a mean over S and T, 0 in T.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import RegionMatch
from tfkd.losses import RegionRelations
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="mtor",
    teacher="none",
    status="simplified",
    simplified=(
        "regions are the anchors of a detector of one stage, and the form of "
        "the three terms is inferred"
    ),
    needs=("unlabelled",),
    task="detection",
    options={"candidates": 12, "threshold": 0.0},
    example="""\
labels[::3] = task.unlabelled(len(labels[::3]))  # The target has no boxes.
""",
)


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "fpn",
    candidates: int = 32,
    threshold: float = 0.3,
    weight: float = 1.0,
    decay: float = 0.99,
    stddev: float = 0.1,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Images of the target have the labels of `tfkd.tasks.detection.unlabelled`.

    Args:
        teacher: `None`: the student's average teaches.
        student: Detector, trained on images of the source with boxes and
            images of the target without.
        feature_tap: Map that boxes are predicted from, whose positions share
            the regions evenly.
        candidates: M >= 1; all regions where there are fewer.
        threshold: m in [0, 1).
        weight: b >= 0, a number or schedule.
        decay: d in [0, 1).
        stddev: Of the noise on both views, >= 0, in the units of x.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, the student is no detector, the
            tap does not fit, or a number is out of range.
    """
    no_teacher("mtor", teacher)
    shape = taps.shape(student, "outputs")
    if len(shape) != 3 or shape[-1] is None or shape[-1] < 5:
        raise InputError(
            "mtor needs a detector to (batch, regions, 4 + classes), received "
            f"outputs of shape {shape}. Build it with "
            "tfkd.tasks.detection.model()."
        )
    regions = {
        "candidates": candidates,
        "threshold": threshold,
        "unlabelled_only": True,
        "weight": weight,
    }
    first, second = (
        noisy_view(student.input_shape, stddev=stddev, pixels=0, seed=number)
        for number in (seed, seed + 1)
    )
    return Distiller(
        student=student,
        student_view=first,
        teacher=EMATeacher(decay),
        teacher_view=second,
        distillation_losses=[
            RegionMatch(
                read="scores", distance="probability", name="region", **regions
            ),
            *(
                RegionRelations(
                    graph=graph, feature_tap=feature_tap, name=graph, **regions
                )
                for graph in ("inter", "intra")
            ),
        ],
        student_loss_weight=task_weight,
    )
