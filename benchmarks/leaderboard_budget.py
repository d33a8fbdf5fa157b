"""How long a run of the leaderboard trains, and how often it is repeated."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every entry of a task gets, control and method alike.

    Attributes:
        name: `"full"` or `"quick"`.
        steps: Optimizer steps of a student.
        seeds: Of the reported runs; scored on the test split, once each.
        grid_seeds: Of the runs that choose hyperparameters; other ones, and
            scored on the eval split.
        grid_points: Most hyperparameter settings an entry may try.
        teacher_images: Images that a teacher is trained on.
        teacher_epochs: Passes over them.
        scored: Most images that a split is scored on.
    """

    name: str
    steps: int
    seeds: tuple
    grid_seeds: tuple
    grid_points: int
    teacher_images: int
    teacher_epochs: int
    scored: int


FULL = Budget(
    name="full",
    steps=1250,
    seeds=(10, 11, 12, 13, 14),
    grid_seeds=(100,),
    grid_points=6,
    teacher_images=27_000,
    teacher_epochs=12,
    scored=10_000,
)
# Shows that everything works, in minutes. It is evidence of nothing else.
QUICK = Budget(
    name="quick",
    steps=125,
    seeds=(10, 11),
    grid_seeds=(100,),
    grid_points=2,
    teacher_images=6_000,
    teacher_epochs=4,
    scored=2_000,
)
