"""What methods share in which a drawn teacher teaches block by block."""

from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.models import critics
from tfkd.teachers import RandomMemberTeacher
from tfkd.teachers import as_ensemble
from tfkd.transforms import PooledMap

# Of the last four blocks, in the command that the authors of MEAL publish.
_WEIGHTS = (0.001, 0.01, 0.05, 0.1)


def block_games(
    *,
    teacher,
    student,
    pairs,
    distance,
    block_weights,
    adversarial_weight,
    teacher_weights,
    seed,
):
    """Builds a teacher that is drawn, and the losses of pooled blocks.

    Each block has a distance and a critic of its own; the logits have a
    critic, too.

    Args:
        teacher: A model, a list of them, or an `EnsembleTeacher`.
        student: Model with convolutional stages.
        pairs: `((teacher_tap, student_tap), ...)` of the blocks; all
            teachers have these taps. The stages of the first, paired from
            the last, if `None`.
        distance: A `tfkd.distances.Distance` of pooled blocks.
        block_weights: One weight a pair for the distance; `None` for 0.001,
            0.01, 0.05 and 0.1 of the last four, and 0.001 before.
        adversarial_weight: Of each game.
        teacher_weights: Shares of draws; those of an `EnsembleTeacher`, or
            equal, if `None`.
        seed: Whole number behind the draws.

    Returns:
        A `RandomMemberTeacher`, and a list of `KDLoss`es.

    Raises:
        InputError: If a tap does not exist or is no map, or weights do not
            fit.
    """
    ensemble = as_ensemble(teacher)
    first = ensemble.members[0]
    pairs = tuple(pairs or taps.stage_pairs(first, student))
    if block_weights is None:
        block_weights = (_WEIGHTS[:1] * len(pairs) + _WEIGHTS)[-len(pairs) :]
    if len(block_weights) != len(pairs):
        raise InputError(
            f"block_weights must be one number for each of the {len(pairs)} "
            f"pairs of blocks, received {block_weights!r}."
        )
    transforms, losses = {}, []
    for (teacher_tap, student_tap), weight in zip(pairs, block_weights):
        taps.common_size(first, teacher_tap, student, student_tap)
        size = taps.shape(student, student_tap)[1:3]
        transforms[teacher_tap] = PooledMap(size)
        ends = {"teacher_tap": teacher_tap, "student_tap": student_tap}
        losses += [
            FeatureMatch(
                **ends,
                student_transform=PooledMap(size),
                distance=distance,
                weight=weight,
                name=f"block_{student_tap}",
            ),
            _game(
                size[0] * size[1],
                adversarial_weight,
                **ends,
                student_transform=PooledMap(size),
            ),
        ]
    classes = taps.shape(student, "logits")[-1]
    ends = {"teacher_tap": "logits", "student_tap": "logits"}
    losses.append(_game(classes, adversarial_weight, **ends))
    shares = ensemble.weights_ if teacher_weights is None else teacher_weights
    drawn = RandomMemberTeacher(
        ensemble.members, weights=shares, transforms=transforms, seed=seed
    )
    return drawn, losses


def _game(width, weight, *, student_tap, **arguments):
    """Three dense layers tell rows of the student from the teacher's."""
    units = (max(8, width // 2), max(8, width // 4))
    return Adversarial(
        critics.mlp((None, width), units=units),
        student_tap=student_tap,
        weight=weight,
        name=f"game_{student_tap}",
        **arguments,
    )
