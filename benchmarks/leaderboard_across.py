"""What the tasks that share one setting say together."""

import dataclasses
import statistics

from scipy import stats

from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_statistics

FIRST = "fashion_1k"
# Student, images and labels are those of `FIRST`: a method without a teacher
# repeats there what it did, which must not count twice.
NOT_COUNTED = ("born_again",)


@dataclasses.dataclass(frozen=True)
class Row:
    """A method over several tasks.

    Attributes:
        entry: Its key.
        rank: Mean over the counted tasks of its rank by gain; 1 is the
            largest.
        found: Task to `leaderboard_statistics.Row`.
        harmed: Counted tasks in which it harms after Holm's correction for
            all methods of the task.
    """

    entry: str
    rank: float
    found: dict
    harmed: tuple = ()

    def count(self, verdict):
        """Returns in how many of the counted tasks it has a verdict."""
        return sum(
            self.found[name].verdict == verdict for name in counted(self.found)
        )


@dataclasses.dataclass(frozen=True)
class Across:
    """Tasks side by side.

    Attributes:
        tasks: Names, in the order of the page.
        rows: A `Row` for each method of every task, the best mean rank first.
        agreement: Kendall's W of the ranks in the counted tasks.
        unfair: Tasks in which the student alone is no fair baseline.
    """

    tasks: list
    rows: list
    agreement: float
    unfair: tuple = ()

    def heading(self, name):
        """Returns a task's name with what is to be known of its column."""
        marks = ["not counted"] if name in NOT_COUNTED else []
        marks += ["no fair baseline"] if name in self.unfair else []
        return ", ".join([name, *marks])


def counted(names):
    """Returns those of some tasks that have runs of their own."""
    return [name for name in names if name not in NOT_COUNTED]


def across(summaries):
    """Compares the finished tasks whose settings are those of the first one.

    Args:
        summaries: A `Summary` a task.

    Returns:
        An `Across`, or `None` where fewer than two tasks or methods are
        comparable.
    """
    chosen = {s.task.name: s for s in summaries if _comparable(s)}
    found = {
        name: {row.entry: row for row in s.rows} for name, s in chosen.items()
    }
    if len(counted(found)) < 2:
        return None
    first, *others = found.values()
    shared = [key for key in first if all(key in f for f in others)]
    if len(shared) < 2:
        return None
    # One list a task; the largest gain has rank 1, equals share theirs.
    ranks = [
        stats.rankdata([-found[name][key].gain.mean for key in shared])
        for name in counted(found)
    ]
    harmed = {name: _harmed(chosen[name].rows) for name in counted(found)}
    means = {
        key: statistics.mean(float(rank[place]) for rank in ranks)
        for place, key in enumerate(shared)
    }
    rows = [
        Row(
            key,
            means[key],
            {name: rows[key] for name, rows in found.items()},
            tuple(name for name, keys in harmed.items() if key in keys),
        )
        for key in sorted(shared, key=means.get)
    ]
    unfair = tuple(name for name, s in chosen.items() if s.unfair)
    return Across(list(chosen), rows, concordance(ranks), unfair)


def _harmed(rows):
    gains = {row.entry: row.gain for row in rows}
    kept = leaderboard_statistics.beyond_all(gains, rows[0].seeds)
    return [key for key in kept if gains[key].mean < 0]


def _comparable(found):
    return (
        FIRST in (found.task.name, found.task.settings_of)
        and found.rows
        and not found.refusal
        and not found.waiting
        and found.compared
    )


def concordance(ranks):
    """Returns Kendall's W, without a correction for ties.

    Equation:  W = 12 S / (m^2 (n^3 - n)),  S = sum_i (R_i - m (n + 1) / 2)^2
    Symbols:   R_i sum of the ranks of the i-th of n methods over m tasks. 1:
               all tasks have the same order; about 1 / m: the orders have
               nothing to do with each other.

    Args:
        ranks: m lists of n ranks.
    """
    m, n = len(ranks), len(ranks[0])
    sums = [sum(float(rank[place]) for rank in ranks) for place in range(n)]
    spread = sum((total - m * (n + 1) / 2) ** 2 for total in sums)
    return 12 * spread / (m**2 * (n**3 - n))


def conclusions(found):
    """Says what holds in all tasks, as sentences.

    Args:
        found: An `Across`.
    """
    names = counted(found.tasks)
    total = len(names)
    said = [
        f"{len(found.rows)} methods are in all of these {total} tasks, with "
        f"the settings that they chose in `{FIRST}`: "
        f"{', '.join(f'`{name}`' for name in names)}. Labelled images are "
        "drawn from one pool, and teachers and test images are the same (the "
        "student of `cross_resolution` sees fewer pixels of them): they are "
        "no independent witnesses.",
        *_not_counted(found),
        *_unfair(found),
        "Do the same methods lead everywhere? Kendall's W of their ranks is "
        f"{found.agreement:.2f}: 1 if every task has the same order, "
        f"{1 / total:.2f} if the orders have nothing to do with each other.",
    ]
    for text, holds in (
        ("These help in each of them", lambda row: row.count("helps") == total),
        ("These help in none", lambda row: row.count("helps") == 0),
        (
            "These harm in at least one, after Holm's correction for all "
            "methods of that task",
            lambda row: row.harmed,
        ),
    ):
        keys = [f"`{row.entry}`" for row in found.rows if holds(row)]
        said.append(f"{text}: {', '.join(keys) or 'no method'}.")
    return said


def _not_counted(found):
    names = [f"`{name}`" for name in found.tasks if name in NOT_COUNTED]
    if not names:
        return []
    return [
        f"{', '.join(names)} is shown beside them and not counted: methods "
        f"that use no teacher repeat there their runs of `{FIRST}`."
    ]


def _unfair(found):
    names = [f"`{name}`" for name in found.tasks if name in found.unfair]
    if not names:
        return []
    return [
        "The student alone is no fair baseline, being below the classical "
        f"model, in {', '.join(names)}."
    ]


def markdown(found):
    """Returns the table's lines."""
    headings = [found.heading(name) for name in found.tasks]
    lines = [
        f"| method | mean rank | helps in | {' | '.join(headings)} |",
        "|---|---|---|" + "---|" * len(found.tasks),
    ]
    for row in found.rows:
        gains = [cell(row.found[name]) for name in found.tasks]
        lines.append(
            f"| {entries.named(row.entry)} | {row.rank:.1f} | "
            f"{row.count('helps')} | {' | '.join(gains)} |"
        )
    return lines


def cell(row):
    """Returns a gain, in bold where its interval is above 0."""
    return f"**{short(row)}**" if row.verdict == "helps" else short(row)


def short(row):
    """Returns a gain in points with one decimal; zero has no sign."""
    text = f"{row.gain.mean:+.1f}"
    return text if float(text) else "0.0"
