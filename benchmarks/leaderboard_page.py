"""What the leaderboard says, as Markdown."""

import dataclasses
import textwrap

from benchmarks import leaderboard_across as across
from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_picture as picture
from benchmarks import leaderboard_statistics as statistics
from benchmarks import provenance

# Of means that do not differ, how many a 95 % interval puts on either side.
ONE_SIDED = (1 - statistics.CONFIDENCE) / 2
WAITING = "Not run yet, or their code has changed since"
TOGETHER = "Over several tasks"
PICTURE = "leaderboard.svg"
PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn")
COSTS = (
    "A cost is good to a factor of about two and not more: a method and the "
    "student alone ran at other times, beside other work."
)
CONTROLS = {
    "alone": "student alone",
    "smoothing": "student alone, label smoothing",
    "svm": "support vector machine, RBF",
    "teacher": "teacher",
}


@dataclasses.dataclass(frozen=True)
class Summary:
    """What is known of a task.

    Attributes:
        task: The `Task`.
        controls: Control to seed to result.
        arguments: Entry to chosen hyperparameters.
        rows: Finished methods, the largest gain first.
        refusal: Why nothing is evidence, or `""`.
        unfair: Why the control is no fair baseline, or `""`.
        compared: Whether the classical model has run, which tells that.
        unequal: Key to reason, of methods that broke the protocol.
        failed: Key to error.
        left_out: Key to reason.
        waiting: Keys of methods that have not finished.
        started: Whether any run is finished.
        runs: Results that the page shows.
        path: Of the file that holds them.
    """

    task: object
    controls: dict
    arguments: dict
    rows: list
    refusal: str
    unfair: str
    compared: bool
    unequal: dict
    failed: dict
    left_out: dict
    waiting: list
    started: bool
    runs: list
    path: object

    @property
    def finished(self):
        """Keys of the methods that have all their seeds."""
        return [key for key in self.arguments if key not in entries.CONTROLS]

    def of(self, verdict):
        """Returns the rows with a verdict."""
        return [row for row in self.rows if row.verdict == verdict]


def summary(board):
    """Sums a board up; methods that lack a seed are waiting."""
    controls = {name: board.reported(name) for name in entries.CONTROLS}
    alone = controls["alone"] if board.complete("alone") else {}
    found = {k: board.reported(k) for k in board.keys if board.complete(k)}
    unequal = {
        key: reason
        for key, results in found.items()
        if alone and (reason := statistics.unequal(results, alone))
    }
    teacher = controls["teacher"] if board.task.judged else {}
    teacher = teacher if board.complete("teacher") else {}
    rows = [
        statistics.row(
            key,
            results,
            alone=alone,
            hinton=found.get("hinton_kd", {}),
            teacher=teacher,
        )
        for key, results in found.items()
        if alone and key not in unequal
    ]
    errors = {key: board.error(key) for key in board.keys}
    failed = {key: error for key, error in errors.items() if error}
    return Summary(
        task=board.task,
        controls=controls,
        arguments={
            entry: board.chosen(entry) for entry in (*entries.CONTROLS, *found)
        },
        rows=sorted(rows, key=lambda row: -row.gain.mean),
        refusal=statistics.refusal(
            alone,
            classes=board.task.classes,
            examples=board.budget.scored,
            error=board.error("alone"),
        ),
        unfair=statistics.unfair(alone, controls["svm"]),
        compared=board.complete("svm"),
        unequal=unequal,
        failed=failed,
        left_out=entries.left_out(board.task),
        waiting=[k for k in board.keys if k not in found and k not in failed],
        started=any(controls.values()),
        runs=[
            result
            for results in (*controls.values(), *found.values())
            for result in results.values()
        ],
        path=board.results.path,
    )


def render(summaries, budget):
    """Returns the page as Markdown.

    Args:
        summaries: A `Summary` a task.
        budget: The `Budget` of all.
    """
    lines = ["# Leaderboard", "", _fill(head(budget)), ""]
    if any(s.started for s in summaries):
        lines += [
            "[Plots with intervals, and of gain against cost]"
            "(leaderboard.html).",
            "",
        ]
    together = across.across(summaries)
    if together:
        lines += _together(together)
    for found in summaries:
        lines += _section(found)
    return "\n".join([*lines, _fill(origin(summaries))]) + "\n"


def _together(found):
    return [
        f"## {TOGETHER}",
        "",
        *(f"{_fill(text)}\n" for text in across.conclusions(found)),
        f"![{picture.description(found)}]({PICTURE})",
        "",
        "Gains over the student alone in points, in bold where their interval "
        "is above 0:",
        "",
        *across.markdown(found),
        "",
    ]


def origin(summaries):
    """Says where the page and its numbers come from."""
    return provenance.kept(
        PACKAGES,
        [run for found in summaries for run in found.runs],
        [found.path for found in summaries if found.runs],
        "the code of a method or of its task, or a setting,",
    )


def head(budget):
    """Says how all numbers came about."""
    grid = ", ".join(map(str, budget.grid_seeds))
    text = (
        "Generated by `python -m benchmarks.leaderboard`; do not edit. Every "
        "entry of a task has the same student, initial weights, images, order "
        f"of batches and {budget.steps:,} steps, seed by seed; a method that "
        "trains several networks has so many steps for each. Hyperparameters "
        "come from at most "
        f"{budget.grid_points} settings (`benchmarks/leaderboard_grids.py`), "
        f"chosen on the eval split with the seed {grid}. The seeds "
        f"{', '.join(map(str, budget.seeds))} are then scored on the test "
        "split, once each: means, and Student's 95 % interval over these "
        "seeds. Gains are paired by seed, in points. All seeds have the same "
        "test images and, but in `incremental` and `born_again`, whose "
        "teachers are trained anew for each seed, the same teachers: the "
        "spread is that of what differs. Methods marked *2 teachers* or "
        "*checkpoints* (of one teacher's training) have more than `hinton_kd` "
        "has, to which a gain over it may be due. The cost is the CPU "
        "time of building and training, with the teacher's answers and "
        f"without its training, over that of the student alone. {COSTS} Of "
        "methods "
        "that change nothing one in forty would seem to help, and the best of "
        "many owes a part of its lead to chance. All are compared with the "
        "same trainings of a control, whose luck they share."
    )
    if budget.name != "full":
        text = (
            f"**No evidence: the budget is {budget.name!r}**, which shows "
            f"that everything runs. {text}"
        )
    return text


def status(found):
    """Says how much of a task has run or failed, and whose settings it has."""
    done = len(found.finished)
    total = done + len(found.waiting)
    said = f"All {done} methods that fit have run."
    if found.waiting:
        said = (
            f"Partial: {done} of {total} methods have run so far; "
            f"`{command(found.task)}` continues."
        )
    if found.failed:
        said += f" {len(found.failed)} more could not be trained here."
    if found.task.settings_of:
        said += (
            f" Methods that `{found.task.settings_of}` has too keep the "
            "settings that they chose there."
        )
    if "unlabelled" in found.task.provides:
        said += (
            " Controls fill their batches with labelled images, methods with "
            "all images: one that learns little from those without a label "
            "falls behind, since it sees fewer labels in as many steps."
        )
    return said


def command(task):
    """Returns the command that runs a task."""
    if task.name == "fashion_1k":
        return "make leaderboard"
    return f"make leaderboard TASK={task.name}"


def conclusions(found):
    """Says plainly what helps here and what does not, as sentences."""
    if found.refusal:
        return [f"Refused as evidence: {found.refusal}."]
    said = []
    if not found.compared:
        said.append(
            "Whether the student is a fair baseline is not known: the "
            "classical model has not run on all seeds."
        )
    elif found.unfair:
        said.append(f"The student is no fair baseline: {found.unfair}.")
    for verdict, text in (
        ("helps", "These help here (the interval of the gain is above 0)"),
        ("open", "These show no gain here (the interval holds 0)"),
        ("harms", "These harm here (the interval is below 0)"),
    ):
        keys = [f"`{row.entry}`" for row in found.of(verdict)]
        if keys:
            said.append(f"{text}: {', '.join(keys)}.")
    said += _corrected(found)
    compared = {r.entry: r.over_hinton for r in found.rows if r.over_hinton}
    compared.pop("hinton_kd", None)
    if not compared:
        return said
    better = [f"`{key}`" for key, over in compared.items() if over.low > 0]
    if not better:
        return [*said, "None is better than `hinton_kd` beyond its interval."]
    kept = [
        f"`{key}`"
        for key in statistics.beyond_all(compared, found.rows[0].seeds)
        if compared[key].mean > 0
    ]
    return [
        *said,
        f"Better than `hinton_kd` (the interval is above 0): "
        f"{', '.join(better)}. Of {len(compared)} that were as good as it, "
        f"{len(compared) * ONE_SIDED:.2g} would seem better by chance. Left "
        "after Holm's correction for so many comparisons: "
        f"{', '.join(kept) or 'none'}.",
    ]


def _corrected(found):
    """Says how many gains are left if all are judged together."""
    gains = {row.entry: row.gain for row in found.rows}
    if len(gains) < 2:
        return []
    kept = statistics.beyond_all(gains, found.rows[0].seeds)
    better = sum(gains[key].mean > 0 for key in kept)
    return [
        f"Of {len(gains)} methods that change nothing "
        f"{len(gains) * ONE_SIDED:.2g} would seem to help by chance, and as "
        "many to harm. After Holm's correction for so many comparisons, "
        f"under which hardly any would, {better} help and "
        f"{len(kept) - better} harm."
    ]


def control_rows(found):
    """Returns name, accuracy, gain, and arguments of the controls."""
    rows = []
    for control, name in CONTROLS.items():
        results = found.controls[control]
        if not results:
            continue
        accuracy = statistics.estimate(
            100 * result["accuracy"] for result in results.values()
        )
        alone = found.controls["alone"]
        compared = control != "alone" and set(results) <= set(alone)
        gain = statistics.paired(results, alone) if compared else None
        rows.append((name, accuracy, gain, found.arguments[control] or {}))
    return rows


def reasons(found):
    """Returns titles, each with `(reason, keys)`: why methods have no row."""
    titles = {
        "Broke the protocol": found.unequal,
        "Could not be trained here": found.failed,
        "Left out": found.left_out,
    }
    grouped = {}
    for title, given in titles.items():
        for key, reason in given.items():
            groups = grouped.setdefault(title, {})
            groups.setdefault(reason, []).append(key)
    return [(title, list(groups.items())) for title, groups in grouped.items()]


def _section(found):
    task = found.task
    lines = [f"## {task.title[0].upper()}{task.title[1:]}", ""]
    if not found.started:
        text = f"`{task.name}` has not run yet: `{command(task)}`."
        return [*lines, _fill(text), ""]
    lines += [_fill(f"`{task.name}`. {status(found)}"), ""]
    lines += [f"{_fill(text)}\n" for text in conclusions(found)]
    lines += [
        "| control | accuracy, % | gain | arguments |",
        "|---|---|---|---|",
        *(
            f"| {name} | {spread(accuracy)} | {points(gain)} | "
            f"{shown(arguments)} |"
            for name, accuracy, gain, arguments in control_rows(found)
        ),
        "",
    ]
    if found.rows and not found.refusal:
        lines += [*_table(found), ""]
    for title, groups in reasons(found):
        lines += [f"{title}:", ""]
        lines += [
            _bullet(f"{', '.join(f'`{key}`' for key in keys)}: {reason}")
            for reason, keys in groups
        ]
        lines += [""]
    if found.waiting:
        keys = ", ".join(f"`{key}`" for key in found.waiting)
        lines += [_fill(f"{WAITING}: {keys}."), ""]
    return lines


def _table(found):
    lines = [
        "| method | accuracy, % | gain | over `hinton_kd` | gap closed | "
        "agreement, % | cost | arguments |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found.rows:
        cells = (
            entries.named(row.entry),
            spread(row.accuracy),
            points(row.gain),
            "" if row.entry == "hinton_kd" else points(row.over_hinton),
            "" if row.gap is None else f"{row.gap:.0%}",
            "" if row.agreement is None else f"{row.agreement:.1f}",
            f"{row.cost:.1f}",
            shown(found.arguments[row.entry]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def spread(estimate):
    """Returns an accuracy with its interval; one network's has none."""
    if not estimate.half:
        return f"{estimate.mean:.2f}"
    return f"{estimate.mean:.2f} ± {estimate.half:.2f}"


def points(estimate):
    """Returns a difference with its interval; nothing for `None`."""
    if estimate is None:
        return ""
    return f"{estimate.mean:+.2f} ± {estimate.half:.2f}"


def shown(arguments):
    """Returns hyperparameters as text."""
    return ", ".join(
        f"{name}={f'{value:.3g}' if isinstance(value, float) else value}"
        for name, value in (arguments or {}).items()
    )


def _fill(text):
    return textwrap.fill(
        text, 79, break_on_hyphens=False, break_long_words=False
    )


def _bullet(text):
    return textwrap.fill(
        f"- {text}", 79, subsequent_indent="  ", break_on_hyphens=False
    )
