"""Gains of all methods in all tasks that share one setting, as a picture."""

from benchmarks import leaderboard_across as across
from tfkd.report import plots

STRONGEST = 0.85


def draw(found):
    """Returns a function that draws on axes.

    Args:
        found: A `leaderboard_across.Across`.
    """

    def on(axes):
        from matplotlib import patches

        axes.grid(False)
        for column, name in enumerate(found.tasks):
            rows = [row.found[name] for row in found.rows]
            # Robust: one method that fails must not pale all the others.
            gains = sorted(abs(row.gain.mean) for row in rows)
            largest = gains[int(0.95 * (len(gains) - 1))] or 1.0
            for place, row in enumerate(rows):
                square = patches.Rectangle(
                    (column - 0.5, place - 0.5),
                    1,
                    1,
                    facecolor=plots.colour(
                        "student" if row.gain.mean > 0 else "control"
                    ),
                    alpha=STRONGEST
                    * min(1.0, abs(row.gain.mean) / largest)
                    * (row.verdict != "open"),
                    linewidth=0,
                )
                axes.add_patch(square)
                axes.text(
                    column,
                    place,
                    across.short(row),
                    ha="center",
                    va="center",
                    fontsize=7,
                )
        axes.set_xlim(-0.5, len(found.tasks) - 0.5)
        axes.set_ylim(len(found.rows) - 0.5, -0.5)
        axes.xaxis.tick_top()
        axes.set_xticks(
            range(len(found.tasks)),
            [name.replace("_", "\n") for name in found.tasks],
            fontsize=7.5,
        )
        axes.set_yticks(
            range(len(found.rows)),
            [row.entry for row in found.rows],
            fontsize=7.5,
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)

    return on


def render(found):
    """Returns the picture as an SVG file."""
    return plots.standalone(
        draw(found), description(found), height=height(found)
    )


def description(found):
    """Says what is to be seen."""
    best = ", ".join(row.entry for row in found.rows[:3])
    return (
        f"Gains over the student alone of {len(found.rows)} methods in "
        f"{len(found.tasks)} tasks, the best mean rank on top: {best}. "
        "Green helps, orange harms, and what is not coloured cannot be told "
        "from 0."
    )


def height(found):
    """Returns the picture's height in inches."""
    return 0.7 + 0.16 * len(found.rows)
