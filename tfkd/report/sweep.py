"""Renders a sweep as one self-contained HTML page."""

from tfkd.report import asked
from tfkd.report import formats
from tfkd.report import plots
from tfkd.report import questions
from tfkd.report import templates

# Points that a figure can name.
DRAWN = 40


def render(name, rows, fields, *, total, question=None):
    """Writes the page.

    Args:
        name: Name of the sweep.
        rows: One dict a finished or failed point: `point`, `state`, `error`,
            the swept fields, and measured values or `""`.
        fields: Names of the swept fields.
        total: Points of the whole sweep.
        question: A `Question` that the page answers once all points have run.

    Returns:
        HTML text without any external resource or script.
    """
    measured = [row for row in rows if row["student_accuracy"] != ""]
    ranked = sorted(measured, key=_rank)
    best = ranked[0] if ranked else None
    return templates.render(
        "sweep.html",
        title=name,
        fields=[(field, field.rpartition(".")[2]) for field in fields],
        rows=[_row(row, fields, row is best) for row in rows],
        done=len(rows),
        total=total,
        asked=question and asked.section(question, rows, fields, total),
        failed=sum(row["state"] != "finished" for row in rows),
        best=best and questions.label(best, fields),
        plot=figure(ranked[:DRAWN], fields) if measured else None,
        left_out=max(0, len(measured) - DRAWN),
    )


def _rank(row):
    """Sorts the best student first; of equal ones the first point."""
    return (-row["student_accuracy"], row["point"])


def _row(row, fields, best):
    def percent(key):
        return formats.percent(None if row[key] == "" else row[key])

    return {
        "point": row["point"],
        "values": [row[field] for field in fields],
        "teacher": percent("teacher_accuracy"),
        "control": percent("control_accuracy"),
        "student": percent("student_accuracy"),
        "gain": formats.points(None if row["gain"] == "" else row["gain"]),
        "int8": percent("int8_accuracy"),
        "kib": formats.kibibytes(row["int8_bytes"] or None),
        "blessed": row["blessed"],
        "seconds": row["seconds"],
        "error": row["error"],
        "best": best,
    }


def figure(rows, fields):
    """Draws student and control of every point; best students first.

    Args:
        rows: Measured points.
        fields: Names of the swept fields.

    Returns:
        SVG markup.
    """
    rows = sorted(rows, key=_rank, reverse=True)
    labels = [
        formats.shortened(questions.label(row, fields), 34) for row in rows
    ]

    def draw(axes):
        places = range(len(rows))
        for role in ("control", "student"):
            values = [row[f"{role}_accuracy"] for row in rows]
            kept = [
                (100 * value, place)
                for value, place in zip(values, places, strict=True)
                if value != ""
            ]
            axes.plot(
                *zip(*kept, strict=True),
                linestyle="none",
                marker=plots.MARKERS[role],
                color=plots.colour(role),
                label=role.capitalize(),
            )
        axes.set_yticks(list(places), labels)
        # Beside long labels it is wider than the axes.
        axes.set_xlabel("test accuracy (%), mean over seeds", loc="right")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)

    best = rows[-1]
    return plots.drawn(
        draw,
        "sweep",
        f"Test accuracy of {len(rows)} points. The best is "
        f"{questions.label(best, fields)} with "
        f"{formats.percent(best['student_accuracy'])} %.",
        height=1.3 + 0.28 * len(rows),
    )
