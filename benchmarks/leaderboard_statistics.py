"""What finished runs say, and when they say nothing."""

import dataclasses
import math
import statistics

from scipy import stats

CONFIDENCE = 0.95


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over seeds, and half the width of its 95 % interval.

    `half` is infinite for a single seed.
    """

    mean: float
    half: float

    @property
    def low(self):
        return self.mean - self.half

    @property
    def high(self):
        return self.mean + self.half


@dataclasses.dataclass(frozen=True)
class Row:
    """What the page says of a method.

    Attributes:
        entry: Its key.
        accuracy: `Estimate` in percent.
        gain: Over the student alone, in points, paired by seed.
        over_hinton: Over `hinton_kd`, likewise; `None` without it.
        gap: Share of the gap between student alone and teacher that it
            closes; `None` where the gap's interval holds 0.
        agreement: With the teacher, in percent; `None` without one.
        cost: CPU time of the training over that of the student alone. The
            two ran at other times: good to a factor of about two.
        seeds: How many.
    """

    entry: str
    accuracy: Estimate
    gain: Estimate
    over_hinton: Estimate | None
    gap: float | None
    agreement: float | None
    cost: float
    seeds: int

    @property
    def verdict(self):
        """`"helps"`, `"harms"`, or `"open"`: the interval holds 0."""
        if self.gain.low > 0:
            return "helps"
        return "harms" if self.gain.high < 0 else "open"


def estimate(values):
    """Returns the mean and Student's 95 % interval of a few values."""
    values = list(values)
    if len(values) < 2:
        return Estimate(values[0], math.inf)
    error = statistics.stdev(values) / math.sqrt(len(values))
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)
    return Estimate(statistics.mean(values), float(quantile) * error)


def paired(results, others):
    """Estimates a difference of accuracies in points, seed by seed.

    Args:
        results: Seed to result.
        others: The same of what is compared with, with at least these seeds.
    """
    return estimate(
        100 * (results[seed]["accuracy"] - others[seed]["accuracy"])
        for seed in results
    )


def beyond_all(estimates, seeds):
    """Returns which of several means differ from 0 after Holm's correction.

    With k means, sorted by their two-sided p of Student's t, the i-th (from 0)
    stays while p (k - i) is at most 5 %. The chance that any mean of 0 stays
    is then at most 5 %, however they depend on each other.
    (Holm, Scandinavian Journal of Statistics 1979.)

    Args:
        estimates: Key to `Estimate`.
        seeds: Values behind each.

    Returns:
        A list of keys, the smallest p first.
    """
    if seeds < 2:
        return []
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, seeds - 1)
    chances = {}
    for key, found in estimates.items():
        error = found.half / quantile
        score = abs(found.mean) / error if error else math.inf
        same = found.mean == 0
        chances[key] = 1.0 if same else 2 * stats.t.sf(score, seeds - 1)
    kept = []
    for rank, key in enumerate(sorted(chances, key=chances.get)):
        if chances[key] * (len(chances) - rank) > 1 - CONFIDENCE:
            break
        kept.append(key)
    return kept


def row(entry, results, *, alone, hinton, teacher):
    """Sums one method up.

    Args:
        entry: Its key.
        results: Seed to result.
        alone: The same of the student alone.
        hinton: Of `hinton_kd`; empty if it has not run.
        teacher: Of the teacher; empty if it cannot be scored.
    """
    gain = paired(results, alone)
    gap = None
    if teacher:
        whole = paired({seed: teacher[seed] for seed in results}, alone)
        # A share of what cannot be told from nothing says nothing.
        gap = gain.mean / whole.mean if whole.low > 0 else None
    agreements = [r["agreement"] for r in results.values() if "agreement" in r]
    return Row(
        entry=entry,
        accuracy=estimate(100 * r["accuracy"] for r in results.values()),
        gain=gain,
        over_hinton=paired(results, hinton) if hinton else None,
        gap=gap,
        agreement=100 * statistics.mean(agreements) if agreements else None,
        cost=statistics.mean(
            result["cpu_seconds"] / alone[seed]["cpu_seconds"]
            for seed, result in results.items()
        ),
        seeds=len(results),
    )


def refusal(alone, *, classes, examples, error=""):
    """Returns why a task's results are no evidence, `""` if they may be.

    Args:
        alone: Seed to result of the student alone.
        classes: How many are scored.
        examples: Images that are scored.
        error: Why the student alone could not be trained, if it was tried.
    """
    if not alone and error:
        return f"the student alone could not be trained: {error}"
    if not alone:
        return "the student alone has not been trained yet"
    chance = 1 / classes
    limit = chance + 3 * math.sqrt(chance * (1 - chance) / examples)
    broken = [s for s, result in alone.items() if result["accuracy"] <= limit]
    if not broken:
        return ""
    return (
        f"the student alone is at chance ({100 * limit:.1f} % or less) on "
        f"the seeds {', '.join(map(str, broken))}: whatever is better than "
        "that shows nothing"
    )


def unfair(alone, svm):
    """Returns why the student alone is no fair baseline.

    Args:
        alone: Seed to result of the student alone.
        svm: The same of the classical model.

    Returns:
        `""` where it is a fair one, or where the two have not run alike, so
        that nothing can be said.
    """
    if not alone or set(svm) != set(alone):
        return ""
    difference = paired(alone, svm)
    if difference.mean >= 0:
        return ""
    return (
        f"alone, it is {-difference.mean:.1f} points below the support vector "
        f"machine ({difference.low:+.1f} to {difference.high:+.1f}): a gain "
        "over it may only repair a weak baseline"
    )


def unequal(results, alone):
    """Returns in what a method's runs differ from the control's, or `""`.

    Args:
        results: Seed to result.
        alone: The same of the student alone.
    """
    for seed, result in results.items():
        control = alone.get(seed)
        if control is None:
            return f"there is no control with the seed {seed}"
        if result["start"] != control["start"]:
            return f"other initial weights on the seed {seed}"
        if result["steps"] > control["steps"]:
            return (
                f"{result['steps']} steps instead of {control['steps']} on "
                f"the seed {seed}"
            )
    return ""


def frontier(rows):
    """Returns the rows that no other beats at a lower or equal cost."""
    found, best = [], -math.inf
    for found_row in sorted(rows, key=lambda r: (r.cost, -r.gain.mean)):
        if found_row.gain.mean > best:
            best = found_row.gain.mean
            found.append(found_row)
    return found
