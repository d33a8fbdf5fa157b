"""Answers a question from the points of a sweep, by one stated rule.

Each side is represented by the point whose students are best on the eval
split (the first of equals), and their difference on the test split is paired:
students of one seed start from the same weights and see the same labels.
"""

import dataclasses
import math
import statistics

from tfkd.report import formats

CONFIDENCE = 0.95
# With fewer images, even if all speak for one side, a sign test does not tell
# the difference from chance: 2 * 0.5**5 > 0.05 > 2 * 0.5**6.
MIN_IMAGES = 6
# Seeds below which a standard error says nothing.
MIN_SEEDS = 3
RULE = (
    "Rule: of each side the point is taken whose students are best on the "
    "eval split. Their test accuracies are subtracted seed by seed; ± is the "
    "standard error of the mean difference. A difference is beyond noise if "
    f"it is larger than half its {CONFIDENCE:.0%} interval (Student's t, at "
    f"least {MIN_SEEDS} seeds) and makes up at least {MIN_IMAGES} test "
    "images. The interval is over seeds of the student: the teacher, the test "
    "images and the setting are those of this one sweep."
)


@dataclasses.dataclass(frozen=True)
class Difference:
    """A difference of test accuracies, paired by seed.

    Attributes:
        mean: A fraction.
        error: Standard error of the mean; NaN for a single seed.
        seeds: How many there are.
        images: Test images.
    """

    mean: float
    error: float
    seeds: int
    images: int

    @property
    def beyond_noise(self):
        """Whether the rule holds, see `RULE`."""
        if self.seeds < MIN_SEEDS:
            return False
        from scipy import stats

        quantile = stats.t.ppf((1 + CONFIDENCE) / 2, self.seeds - 1)
        # Rounded: accuracies are fractions that a float does not hold.
        images = round(abs(self.mean) * self.images, 6)
        return abs(self.mean) > quantile * self.error and images >= MIN_IMAGES

    def __str__(self):
        error = formats.percent(self.error)
        return f"{formats.points(self.mean)} ± {error} points"


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer in words.

    Attributes:
        verdict: In short.
        reasons: Sentences with the numbers behind it.
    """

    verdict: str
    reasons: tuple


def difference(first, second, images):
    """Returns the `Difference` of two dicts from seed to accuracy.

    Args:
        first: Seed to accuracy.
        second: What is subtracted; seeds that only one has are left out.
        images: Test images.
    """
    pairs = [first[s] - second[s] for s in first if s in second]
    return Difference(
        mean=statistics.fmean(pairs) if pairs else math.nan,
        error=(
            statistics.stdev(pairs) / math.sqrt(len(pairs))
            if len(pairs) > 1
            else math.nan
        ),
        seeds=len(pairs),
        images=images,
    )


def answer(question, measured):
    """Answers a question from the points of a finished sweep.

    Args:
        question: A `Question`.
        measured: Its `Point`s that did not fail.

    Returns:
        An `Answer`; an open one if a side has no point, or too few seeds.
    """
    sides = [[p for p in measured if question.sides(p) == s] for s in (0, 1)]
    for name, side in zip(question.names, sides, strict=True):
        if not side:
            return Answer(f"Open: no point of {name} was measured.", ())
    best = [max(side, key=lambda p: p.eval_accuracy) for side in sides]
    found = difference(best[0].student, best[1].student, best[0].images)
    reasons = tuple(
        f"Chosen of {name}: {point.label}, with "
        f"{formats.percent(statistics.fmean(point.student.values()))} % on "
        f"the test split, {_over_control(point)}."
        for name, point in zip(question.names, best, strict=True)
    )
    told = (
        f"Difference, {question.names[0]} less {question.names[1]}: {found} "
        f"over {found.seeds} seeds, on {found.images} test images."
    )
    return Answer(_verdict(question, found), (*reasons, told))


def _over_control(point):
    gain = difference(point.student, point.control, point.images)
    noise = "beyond noise" if gain.beyond_noise else "not beyond noise"
    return f"{gain} over the student alone ({noise})"


def _verdict(question, found):
    if found.seeds < MIN_SEEDS:
        return (
            f"Open: {found.seeds} seeds in common are too few, "
            f"{MIN_SEEDS} are needed."
        )
    if not found.beyond_noise:
        return question.equal
    return question.better if found.mean > 0 else question.worse
