"""The leaderboard as one self-contained HTML page, with plots."""

import pathlib

import markupsafe

from benchmarks import leaderboard_across as across
from benchmarks import leaderboard_entries as entries
from benchmarks import leaderboard_page as page
from benchmarks import leaderboard_picture as picture
from benchmarks import leaderboard_statistics as statistics
from tfkd.report import plots
from tfkd.report import templates

TEMPLATE = pathlib.Path(__file__).with_name("leaderboard.html")


def render(summaries, budget):
    """Returns the page, without any external resource or script.

    Args:
        summaries: A `Summary` a task.
        budget: The `Budget` of all.
    """
    return templates.render(
        TEMPLATE,
        title="Leaderboard",
        head=_code(page.head(budget)),
        waiting=page.WAITING,
        together=_together(across.across(summaries)),
        sections=[_section(found) for found in summaries if found.started],
        others=[
            (found.task.title, page.command(found.task))
            for found in summaries
            if not found.started
        ],
        provenance=page.origin(summaries),
    )


def _together(found):
    if found is None:
        return None
    return {
        "title": page.TOGETHER,
        "conclusions": [_code(text) for text in across.conclusions(found)],
        "picture": plots.drawn(
            picture.draw(found),
            "together",
            picture.description(found),
            height=picture.height(found),
        ),
    }


def _section(found):
    shown = found.rows and not found.refusal
    return {
        "name": found.task.name,
        "title": found.task.title,
        "status": _code(page.status(found)),
        "conclusions": [_code(text) for text in page.conclusions(found)],
        "controls": [
            (
                name,
                page.spread(accuracy),
                page.points(gain),
                page.shown(arguments),
            )
            for name, accuracy, gain, arguments in page.control_rows(found)
        ],
        "rows": [_row(row, found) for row in found.rows] if shown else [],
        "gains": gains(found) if shown else None,
        "costs": costs(found) if shown else None,
        "costs_are": page.COSTS,
        "reasons": page.reasons(found),
        "waiting": found.waiting,
    }


def _row(row, found):
    return {
        "entry": row.entry,
        "more": entries.more(row.entry),
        "verdict": row.verdict,
        "accuracy": page.spread(row.accuracy),
        "gain": page.points(row.gain),
        "over_hinton": ""
        if row.entry == "hinton_kd"
        else page.points(row.over_hinton),
        "gap": "" if row.gap is None else f"{row.gap:.0%}",
        "agreement": "" if row.agreement is None else f"{row.agreement:.1f}",
        "cost": f"{row.cost:.1f}",
        "arguments": page.shown(found.arguments[row.entry]),
    }


def gains(found):
    """Draws every method's gain with its interval, the best on top.

    Args:
        found: A `Summary`.
    """
    rows = found.rows[::-1]

    def draw(axes):
        axes.axvline(0, color=plots.INK, linewidth=1)
        for place, row in enumerate(rows):
            helps = row.verdict == "helps"
            axes.errorbar(
                [row.gain.mean],
                [place],
                xerr=[[row.gain.half], [row.gain.half]],
                color=plots.colour("student" if helps else "control"),
                marker="o" if helps else "D",
                markersize=4,
                linewidth=1.2,
                capsize=2,
                linestyle="none",
            )
        axes.set_yticks(range(len(rows)), [row.entry for row in rows])
        axes.set_ylim(-0.7, len(rows) - 0.3)
        axes.set_xlabel("gain (points), 95 % interval")

    best = found.rows[0]
    return plots.drawn(
        draw,
        f"gains-{found.task.name}",
        f"Gains of {len(rows)} methods over the student alone. The largest "
        f"is that of {best.entry} with {page.points(best.gain)} points.",
        height=1.0 + 0.2 * len(rows),
    )


def costs(found):
    """Draws gain against cost, with those that none beats at their cost.

    Args:
        found: A `Summary`.
    """
    frontier = statistics.frontier(found.rows)
    best = {row.entry for row in frontier}

    def draw(axes):
        from matplotlib import ticker

        axes.axhline(0, color=plots.INK, linewidth=1)
        axes.step(
            [row.cost for row in frontier],
            [row.gain.mean for row in frontier],
            where="post",
            color=plots.colour("student"),
            linewidth=1,
        )
        for row in found.rows:
            chosen = row.entry in best
            axes.plot(
                [row.cost],
                [row.gain.mean],
                marker="o" if chosen else "D",
                markersize=6 if chosen else 4,
                color=plots.colour("student" if chosen else "control"),
            )
        _name(axes, frontier)
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:.4g}"))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        axes.margins(0.12)
        axes.set_xlabel("training cost over the student alone (log scale)")
        axes.set_ylabel("gain (points)")

    named = ", ".join(row.entry for row in frontier)
    return plots.drawn(
        draw,
        f"costs-{found.task.name}",
        "Gain against the cost of training. No method of lower or equal "
        f"cost gains more than these: {named}. {page.COSTS}",
        height=3.8,
    )


def _name(axes, frontier):
    """Writes names beside the axes, each with a line to its point.

    Points of a frontier crowd where gains are largest: names at the points
    would cover each other. Both grow along it, so no two lines cross.
    """
    apart = min(0.065, 1 / max(1, len(frontier) - 1))
    for place, row in enumerate(frontier[::-1]):
        axes.annotate(
            row.entry,
            (row.cost, row.gain.mean),
            xytext=(1.03, 0.98 - apart * place),
            textcoords="axes fraction",
            va="center",
            fontsize=7.5,
            arrowprops={
                "arrowstyle": "-",
                "relpos": (0, 0.5),
                "color": plots.FAINT,
                "linewidth": 0.7,
                "shrinkA": 1,
                "shrinkB": 3,
            },
        )


def _code(text):
    """Turns the backticks and asterisks of Markdown into elements."""
    text = str(markupsafe.escape(text))
    for mark, element in (("**", "strong"), ("`", "code")):
        parts = text.split(mark)
        text = parts[0] + "".join(
            f"<{element}>{part}" if number % 2 else f"</{element}>{part}"
            for number, part in enumerate(parts[1:], start=1)
        )
    return markupsafe.Markup(text)
