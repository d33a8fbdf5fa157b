"""What the tasks that share one setting say together."""

import dataclasses
import statistics

from scipy import stats

FIRST = "fashion_1k"


@dataclasses.dataclass(frozen=True)
class Row:
    """A method over several tasks.

    Attributes:
        entry: Its key.
        rank: Mean over the tasks of its rank by gain; 1 is the largest.
        found: Task to `leaderboard_statistics.Row`.
    """

    entry: str
    rank: float
    found: dict

    def count(self, verdict):
        """Returns in how many tasks it has a verdict."""
        return sum(row.verdict == verdict for row in self.found.values())


@dataclasses.dataclass(frozen=True)
class Across:
    """Tasks side by side.

    Attributes:
        tasks: Names, in the order of the page.
        rows: A `Row` for each method of every task, the best mean rank first.
        agreement: Kendall's W of the ranks.
    """

    tasks: list
    rows: list
    agreement: float


def across(summaries):
    """Compares the finished tasks whose settings are those of the first one.

    Args:
        summaries: A `Summary` a task.

    Returns:
        An `Across`, or `None` where fewer than two tasks or methods are
        comparable.
    """
    chosen = {s.task.name: s for s in summaries if _comparable(s)}
    found = [{row.entry: row for row in s.rows} for s in chosen.values()]
    if len(found) < 2:
        return None
    shared = [key for key in found[0] if all(key in f for f in found)]
    if len(shared) < 2:
        return None
    # One list a task; the largest gain has rank 1, equals share theirs.
    ranks = [stats.rankdata([-f[k].gain.mean for k in shared]) for f in found]
    means = {
        key: statistics.mean(float(rank[place]) for rank in ranks)
        for place, key in enumerate(shared)
    }
    rows = [
        Row(key, means[key], dict(zip(chosen, [f[key] for f in found])))
        for key in sorted(shared, key=means.get)
    ]
    return Across(list(chosen), rows, concordance(ranks))


def _comparable(found):
    return (
        FIRST in (found.task.name, found.task.settings_of)
        and found.rows
        and not found.refusal
        and not found.waiting
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
    total = len(found.tasks)
    said = [
        f"{len(found.rows)} methods are in all of these {total} tasks, with "
        f"the settings that they chose in `{FIRST}`: "
        f"{', '.join(f'`{name}`' for name in found.tasks)}. They share "
        "images, teachers and test split, and so are no independent "
        "witnesses.",
        "Do the same methods lead everywhere? Kendall's W of their ranks is "
        f"{found.agreement:.2f}: 1 if every task has the same order, "
        f"{1 / total:.2f} if the orders have nothing to do with each other.",
    ]
    for text, holds in (
        ("These help in each of them", lambda row: row.count("helps") == total),
        ("These help in none", lambda row: row.count("helps") == 0),
        ("These harm in at least one", lambda row: row.count("harms") > 0),
    ):
        keys = [f"`{row.entry}`" for row in found.rows if holds(row)]
        said.append(f"{text}: {', '.join(keys) or 'no method'}.")
    return said


def markdown(found):
    """Returns the table's lines."""
    lines = [
        f"| method | mean rank | helps in | {' | '.join(found.tasks)} |",
        "|---|---|---|" + "---|" * len(found.tasks),
    ]
    for row in found.rows:
        gains = [cell(row.found[name]) for name in found.tasks]
        lines.append(
            f"| `{row.entry}` | {row.rank:.1f} | {row.count('helps')} | "
            f"{' | '.join(gains)} |"
        )
    return lines


def cell(row):
    """Returns a gain, in bold where its interval is above 0."""
    return f"**{short(row)}**" if row.verdict == "helps" else short(row)


def short(row):
    """Returns a gain in points with one decimal; zero has no sign."""
    text = f"{row.gain.mean:+.1f}"
    return text if float(text) else "0.0"
