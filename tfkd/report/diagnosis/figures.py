"""Figures of a diagnosis, as markup for its page."""

import math

import numpy as np

from tfkd.report import formats
from tfkd.report import plots

# Cells of a heat map that numbers fit in; classes that bars are drawn of.
NUMBERED = 8
CLASSES = 24


def entropy(measured):
    """Draws the entropy of soft targets by temperature, `None` without."""
    found = measured.softening
    if found is None:
        return None
    most = math.log(len(measured.class_names))
    steps = list(found.entropies)
    shares = [100 * value / most for value in found.entropies.values()]

    def draw(axes):
        from matplotlib import ticker

        axes.plot(steps, shares, color=plots.colour("teacher"), marker="s")
        axes.axhline(50, color=plots.FAINT, linewidth=1)
        for place, style, name in (
            (measured.temperature, "-", "in use"),
            (found.suggested, (0, (4, 2)), "suggested"),
        ):
            axes.axvline(
                place,
                color=plots.colour("student"),
                linestyle=style,
                linewidth=1.6,
                label=f"{name}: T = {place:g}",
            )
        axes.set(ylim=(0, 102), xscale="log")
        axes.set_xlabel("temperature T (log scale)")
        axes.set_ylabel("entropy (% of ln C)")
        ticks = [step for step in steps if step != 1.5]
        axes.xaxis.set_major_locator(ticker.FixedLocator(ticks))
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_locator(ticker.NullLocator())
        _legend(axes)

    told = ", ".join(
        f"{share:.0f} % at {step:g}" for step, share in zip(steps, shares)
    )
    return plots.drawn(
        draw, "entropy", f"Entropy of soft targets by temperature: {told}."
    )


def reliability(measured):
    """Draws reliability diagrams, `None` without labels."""
    models = {
        role: {"ece": found.ece, "reliability": found.reliability}
        for role, found in measured.models.items()
        if found.reliability is not None
    }
    if not models:
        return None
    return plots.reliability({"models": models}, tuple(models))


def classes(measured):
    """Draws what the student gains or loses in each class."""
    if not measured.classes:
        return None
    # Of many classes those that changed most, in their own order.
    ranked = sorted(measured.classes, key=lambda row: -abs(row[2]))[:CLASSES]
    rows = sorted(ranked)[::-1]
    labels = [
        f"{formats.shortened(measured.class_names[number], 18)} ({count})"
        for number, count, _ in rows
    ]
    values = [100 * change for _, _, change in rows]

    def draw(axes):
        places = range(len(rows))
        for sign, role in ((1, "student"), (-1, "control")):
            axes.barh(
                places,
                [value if sign * value > 0 else 0 for value in values],
                color=plots.colour(role),
                height=0.7,
            )
        axes.axvline(0, color=plots.INK, linewidth=0.8)
        axes.set_yticks(list(places), labels)
        axes.grid(visible=False, axis="y")
        # Beside long names it is wider than the axes.
        axes.set_xlabel(f"student minus {measured.base} (points)", loc="right")
        _symmetric(axes, values)

    told = ", ".join(
        f"{label} {value:+.1f}" for label, value in zip(labels, values)
    )
    return plots.drawn(
        draw,
        "classes",
        f"Accuracy of the student minus the {measured.base} by class, in "
        f"points: {told}.",
        height=0.9 + 0.24 * len(rows),
    )


def _symmetric(axes, values):
    most = max(1.0, 1.1 * max(map(abs, values)))
    axes.set_xlim(-most, most)


def similarity(measured):
    """Draws the CKA of all pairs of layers, with the suggested pairs."""
    found = measured.similarity
    if found is None:
        return None
    # Deep layers on top, as networks are drawn; columns are the student's.
    teacher, student = found.teacher_taps[::-1], found.student_taps
    values = found.values[::-1]
    numbered = len(student) <= NUMBERED

    def draw(axes):
        for row, column in np.ndindex(*values.shape):
            if not math.isnan(values[row, column]):
                value = float(np.clip(values[row, column], 0, 1))
                _cell(axes, row, column, value, numbered)
        for first, second in found.pairs:
            _frame(axes, teacher.index(first), student.index(second))
        axes.set(
            xlim=(-0.5, len(student) - 0.5), ylim=(len(teacher) - 0.5, -0.5)
        )
        axes.grid(visible=False)
        axes.set_xlabel("student")
        axes.set_ylabel("teacher")
        axes.set_xticks(
            range(len(student)),
            _short(student),
            rotation=90,
        )
        axes.set_yticks(
            range(len(teacher)),
            _short(teacher),
        )

    told = ", ".join(
        f"{first} and {second} {found.of((first, second)):.2f}"
        for first, second in found.pairs
    )
    return plots.drawn(
        draw,
        "cka",
        f"CKA of {len(teacher)} layers of the teacher and {len(student)} of "
        f"the student. Suggested pairs: {told or 'none'}.",
        # Names stand upright below the cells, which keep their own room.
        height=1.1 + 0.3 * len(teacher) + 0.08 * max(map(len, _short(student))),
    )


def _short(taps):
    """Names without the nested models that they lie in, if still distinct."""
    last = [name.rpartition("/")[2] for name in taps]
    names = last if len(set(last)) == len(taps) else taps
    # The end tells more than the beginning.
    return [name if len(name) <= 20 else f"…{name[-19:]}" for name in names]


def _cell(axes, row, column, value, numbered):
    from matplotlib import patches

    axes.add_patch(
        patches.Rectangle(
            (column - 0.5, row - 0.5),
            1,
            1,
            facecolor=plots.colour("teacher"),
            alpha=0.04 + 0.96 * value,
            linewidth=0,
        )
    )
    if numbered:
        axes.text(
            column,
            row,
            f"{value:.2f}",
            ha="center",
            va="center",
            color=plots.ON_FILL if value > 0.5 else plots.INK,
        )


def _frame(axes, row, column):
    from matplotlib import patches

    axes.add_patch(
        patches.Rectangle(
            (column - 0.44, row - 0.44),
            0.88,
            0.88,
            fill=False,
            edgecolor=plots.colour("control"),
            linewidth=2.2,
        )
    )


def gradients(measured):
    """Draws the cosine of each batch, on new and on the given weights."""
    found = measured.gradients
    if found is None:
        return None
    rows = (
        ("given weights", found.given, "control", "D"),
        ("new weights", found.fresh, "student", "o"),
    )

    def draw(axes):
        axes.axvline(0, color=plots.INK, linewidth=0.8)
        for place, (_, cosines, role, marker) in enumerate(rows):
            axes.plot(
                cosines,
                [place] * len(cosines),
                linestyle="none",
                marker=marker,
                alpha=0.75,
                color=plots.colour(role),
            )
        axes.set(xlim=(-1.04, 1.04), ylim=(-0.6, 1.6))
        axes.set_xticks([-1, -0.5, 0, 0.5, 1])
        axes.set_yticks([0, 1], [name for name, *_ in rows])
        axes.set_xlabel("cosine of the two gradients, one mark a batch")

    told = "; ".join(
        f"{name} {', '.join(f'{cosine:+.2f}' for cosine in cosines)}"
        for name, cosines, _, _ in rows
        if cosines
    )
    return plots.drawn(
        draw, "gradients", f"Cosines of gradients. {told}.", height=2.0
    )


def _legend(axes):
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
        borderaxespad=0.3,
    )
