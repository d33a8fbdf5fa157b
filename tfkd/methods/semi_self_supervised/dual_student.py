"""Dual student: of two students, the more stable one teaches the other.

Equation:  for either student i and the other j:
           L_i = a H(y, p_i(v)) + w1(l) 1/C ||p_i(v) - p_i(v')||^2
                 + w2(l) m_ij 1/C ||p_j(v') - p_i(v)||^2
           m_ij = 1[no label] 1[stable_j] (1 - 1[stable_i] 1[e_i < e_j])
           stable = 1[same class in v, v'] 1[a probability > x in v or v'] ,
           e = 1/C ||p(v) - p(v')||^2
           w(l) = b exp(-5 (1 - l/R)^2) while l < R, then b
Symbols:   p_i (batch, C) predictions of student i; v the view it learns on,
           v' the other's, both random as in `pi_model`; x = `threshold`; b =
           `consistency_weight` in w1, `weight` in w2; R = `ramp_steps`; l
           optimizer steps so far; a = `task_weight`; y labels, -1 for none.
           Gradients in p_i(v) alone.
Paper:     Ke, Wang, Yan, Ren & Lau, *Dual Student: Breaking the Limits of
           the Teacher in Semi-supervised Learning*, ICCV 2019,
           arXiv:1909.01804.
Survey:    Sec 13.1 and 13.3, Eqn 27, ref [114].
Differs:   confirmed from the authors' code: both masks, x = 0.8, weights 10
           and 100 after 5 epochs of ramp for 1,000 labels of CIFAR-10, means
           over classes, unlabelled examples alone in the third term. There
           the classifier has a second head for consistency, tied to the
           first with the weight 0.01, and each view has its own batch
           statistics.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import StableSamples
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="dual_student",
    teacher="none",
    needs=("unlabelled",),
    options={"ramp_steps": 2, "pixels": 1, "mirror": True, "threshold": 0.2},
)


def build(
    *,
    teacher=None,
    student,
    weight: float = 100.0,
    consistency_weight: float = 10.0,
    threshold: float = 0.8,
    ramp_steps: int = 5000,
    stddev: float = 0.15,
    pixels: int | None = None,
    mirror: bool = False,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: The other student, which is trained as well: a network of
            the same classes; a copy with new weights if `None`.
        student: Classifier of one input.
        weight: Of w2, >= 0. A schedule is w2 itself.
        consistency_weight: Of w1, likewise.
        threshold: x in [0, 1).
        ramp_steps: R, at least 1.
        stddev: s >= 0 of the noise, in the units of x.
        pixels: Largest shift of images, at least 0; 2 if absent, and 0 for
            inputs that are no images.
        mirror: Whether images are mirrored at random; not for digits.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the views and the weights of a copy.

    Returns:
        A `Distiller`, not compiled. Its `network` runs both students on both
        views.

    Raises:
        InputError: If the other student is none, classes differ in number,
            what is shifted is no image, or an argument is out of range.
    """
    peers = peer_models("dual_student", teacher, student, 2, seed + 1)
    ramp_steps = at_least("dual_student", "ramp_steps", ramp_steps, 1)
    view = noisy_view(
        student.input_shape,
        stddev=stddev,
        pixels=pixels,
        mirror=mirror,
        seed=seed,
    )
    # Each with what it learns on first.
    both = (("logits", "logits_2"), ("peer1_2", "peer1"))
    consistency = schedules.ramp_up(
        ramp_steps, consistency_weight, "consistency_weight"
    )
    stabilization = schedules.ramp_up(ramp_steps, weight, "weight")
    losses = [
        TaskLoss(student_tap="peer1_2", weight=task_weight, name="task_peer1")
    ]
    for name, own, other in (
        ("student", both[0], both[1]),
        ("peer1", both[1], both[0]),
    ):
        losses += [
            FeatureMatch(
                teacher_tap=own[1],
                student_tap=own[0],
                distance=SoftmaxMSE(),
                weight=consistency,
                name=f"consistency_{name}",
            ),
            StableSamples(
                own_taps=own,
                peer_taps=other,
                threshold=threshold,
                weight=stabilization,
                name=f"stabilization_{name}",
            ),
        ]
    return Distiller(
        student=student,
        network=taps.with_view_pair(student, ["logits"], view, peers),
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
