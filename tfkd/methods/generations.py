"""What methods share in which each generation teaches the next."""

from tfkd.distillers import Chain
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import FormerStudent


def chain_of_generations(
    distill, *, student, count, seed, teacher=None, first=None
):
    """Builds a chain of students of one architecture.

    Args:
        distill: Called as `distill(teacher=, student=)` for every generation
            but `first`; returns a distiller.
        student: The last generation.
        count: Generations that are distilled, the last one included.
        seed: Whole number behind the weights of earlier generations.
        teacher: What teaches the first of them, or `None` with `first`.
        first: Called with the seed of generation 0, which nobody teaches;
            returns its distiller.

    Returns:
        A `Chain`, not compiled.

    Raises:
        InputError: If teacher and student do not fit, before any training.
    """
    begin = [] if first is None else [lambda _: first(seed)]

    def of(previous):
        if previous is None:
            return teacher
        return FormerStudent(previous, in_place_of=teacher)

    def earlier(number):
        return lambda previous: distill(
            teacher=of(previous),
            student=fresh_copy(student, seed + number),
        )

    def last(previous):
        return distill(teacher=of(previous), student=student)

    last(None if first is None else first(seed).student)
    numbers = range(len(begin), len(begin) + count - 1)
    stages = [*begin, *map(earlier, numbers), last]
    return Chain(stages, student=student)
