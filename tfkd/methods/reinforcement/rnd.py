"""Random network distillation: what is predicted badly is new.

Equation:  L = b mean over m_s = 1 of r(s),  r(s) = mean_i (f(s) - p(s))_i^2
Symbols:   s a state; f (batch, features) the embedding by the teacher, a
           network of random weights that never learns; p the student's
           prediction; r(s) also the bonus for exploring; m_s = 1 with
           probability `update_share`; b = `weight`.
Paper:     Burda, Edwards, Storkey & Klimov, *Exploration by Random Network
           Distillation*, ICLR 2019, arXiv:1810.12894.
Survey:    Sec 14.3.3, ref [27]. The survey swaps the roles; the predictor is
           the student, as in the paper.
Differs:   confirmed in the authors' code: r, the means over features for
           loss and bonus (other code, the parity fixture's, has half the sum
           for the bonus), the share of examples, 1 by default, and states
           that are standardized and limited to [-5, 5], which networks do
           here themselves, by a `keras.layers.Normalization` at their start.
           There the predictor has two more dense layers than the target;
           `teacher` can be any such pair.
"""

from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import RandomShare
from tfkd.methods.card import Card
from tfkd.models.fresh import fresh_copy

CARD = Card(
    key="rnd",
    status="simplified",
    simplified=(
        "the predictor and its target alone: no agent is rewarded by the "
        "bonus, which is neither scaled by its running deviation; states are "
        "recorded before"
    ),
    zero_when_equal=True,
    instead="follows a random network",
)


def build(
    *,
    teacher=None,
    student,
    teacher_tap: str = "logits",
    student_tap: str = "logits",
    update_share: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    After training, the bonus of states is
    `np.mean((target.predict(x) - student.predict(x)) ** 2, axis=-1)`, of
    `target = distiller.teacher.model`.

    Args:
        teacher: f, any network; a copy of the student with other random
            weights if `None`.
        student: p, a network of states.
        teacher_tap: Name of the embedding.
        student_tap: Name of its prediction.
        update_share: Share of each batch that trains, in (0, 1]: less of it
            where many environments make batches large.
        weight: b >= 0, a number or schedule.
        task_weight: Factor >= 0 of the compiled loss, likewise.
        seed: Of the target's weights and of the draws.

    Returns:
        A `Distiller`, not compiled; it needs no loss and no labels.

    Raises:
        InputError: If a tap does not exist, embeddings differ in shape, or a
            number is out of range.
    """
    if teacher is None:
        teacher = fresh_copy(student, seed + 1, f"{student.name}_target")
    match = {
        "teacher_tap": teacher_tap,
        "student_tap": student_tap,
        "distance": LpDistance(),
    }
    if update_share == 1.0:
        loss = FeatureMatch(**match, weight=weight, name="bonus")
    else:
        loss = RandomShare(
            FeatureMatch(**match),
            share=update_share,
            seed=seed,
            weight=weight,
            name="bonus",
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=loss,
        student_loss_weight=task_weight,
    )
