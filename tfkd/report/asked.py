"""The section of a sweep's page that answers its question."""

import statistics

from tfkd.report import answers
from tfkd.report import formats
from tfkd.report import plots
from tfkd.report import questions


def section(question, rows, fields, total):
    """Returns what the page shows of a question.

    Args:
        question: A `Question`.
        rows: Of the points that have run.
        fields: Names of the swept fields.
        total: Points of the whole sweep.

    Returns:
        A dict: `text`, `answer` (`None` while points are missing), `figure`
        (`None` without a measured point), `rule`.
    """
    measured = questions.points(rows, fields, total)
    complete = len(rows) == total
    return {
        "text": question.text,
        "answer": answers.answer(question, measured) if complete else None,
        "figure": figure(measured, fields) if measured else None,
        "rule": answers.RULE,
    }


def figure(measured, fields):
    """Draws the students, with their spread over seeds, in the sweep's order.

    Args:
        measured: `Point`s.
        fields: Names of the swept fields.

    Returns:
        SVG markup.
    """

    def draw(axes):
        axes.plot(
            [100 * point.teacher for point in measured],
            color=plots.colour("teacher"),
            linestyle="none",
            marker=plots.MARKERS["teacher"],
            label="Teacher",
        )
        for role in ("control", "student"):
            seeds = [list(getattr(p, role).values()) for p in measured]
            axes.errorbar(
                range(len(measured)),
                [100 * statistics.fmean(values) for values in seeds],
                yerr=[100 * _deviation(values) for values in seeds],
                color=plots.colour(role),
                linestyle=plots.DASHES["control"] if role == "control" else "",
                linewidth=1.4,
                marker=plots.MARKERS[role],
                capsize=4,
                label=role.capitalize(),
            )
        axes.set_xticks(
            range(len(measured)),
            [_tick(point) for point in measured],
            rotation=35,
            ha="right",
            rotation_mode="anchor",
        )
        axes.set_xlim(-0.5, len(measured) - 0.5)
        axes.set_xlabel(", ".join(f.rpartition(".")[2] for f in fields))
        axes.set_ylabel("test accuracy (%)")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)

    listed = "; ".join(
        f"{p.label}: {formats.percent(statistics.fmean(p.student.values()))} %"
        for p in measured
    )
    return plots.drawn(
        draw,
        "question",
        f"Test accuracy of the students, mean and standard deviation over "
        f"seeds, beside teacher and student alone. {listed}.",
        height=4.2,
    )


def _tick(point):
    values = [value for value in point.fields.values() if value != ""]
    return formats.shortened(", ".join(values), 24)


def _deviation(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0
