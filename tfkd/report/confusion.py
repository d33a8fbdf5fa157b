"""Which classes a model takes for which."""

import numpy as np

from tfkd.report import facts
from tfkd.report import formats
from tfkd.report import plots

# Up to so many classes with numbers in the cells, and with their names.
NUMBERS = 15
NAMES = 30
# With more classes a cell is smaller than a line, and a page of megabytes.
CLASSES = 100


def draw_matrix(matrix, class_names, *, model):
    """Draws a confusion matrix, shaded by share of the true class.

    Of more than `CLASSES` classes it draws `confused` ones alone.

    Args:
        matrix: Counts, `[true][predicted]`.
        class_names: Names of the classes.
        model: Whose answers these are.
    """
    counts = np.asarray(matrix)
    total, wrong = counts.sum(), counts.sum() - np.trace(counts)
    shown = confused(matrix)
    cut = counts[np.ix_(shown, shown)]
    sizes = counts.sum(axis=1)[shown]

    def draw(axes):
        for true, predicted in np.argwhere(cut):
            count = cut[true, predicted]
            share = count / sizes[true]
            _cell(axes, true, predicted, share)
            if len(cut) <= NUMBERS:
                axes.text(
                    predicted,
                    true,
                    f"{count}",
                    ha="center",
                    va="center",
                    color=plots.ON_FILL if share > 0.5 else plots.INK,
                )
        _axes(axes, [class_names[i] for i in shown])

    part = (
        f" Drawn are the {len(shown)} of {len(counts):,} classes with the "
        "most mistakes."
        if len(shown) < len(counts)
        else ""
    )
    return plots.drawn(
        draw,
        "confusion",
        f"Confusion matrix of {facts.label(model)}: {wrong} of {total} "
        f"answers lie off the diagonal.{part}",
        height=4.6,
    )


def confused(matrix):
    """Returns the numbers of the classes that `draw_matrix` draws, in order.

    Args:
        matrix: Counts, `[true][predicted]`.

    Returns:
        All up to `CLASSES`; of more the `NAMES` that take
        part in the most mistakes, as true class or as answer.
    """
    counts = np.asarray(matrix)
    if len(counts) <= CLASSES:
        return list(range(len(counts)))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    most = np.argsort(-wrong, kind="stable")[:NAMES]
    return sorted(most.tolist())


def _cell(axes, true, predicted, share):
    from matplotlib import patches

    axes.add_patch(
        patches.Rectangle(
            (predicted - 0.5, true - 0.5),
            1,
            1,
            facecolor=plots.colour("teacher"),
            # A single mistake among many must still be seen.
            alpha=0.12 + 0.88 * share,
            linewidth=0,
        )
    )


def _axes(axes, class_names):
    size = len(class_names)
    names = [formats.shortened(name, 14) for name in class_names]
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    axes.set_aspect("equal")
    axes.grid(False)
    axes.set_xlabel("answer")
    axes.set_ylabel("true class")
    if size <= NAMES:
        upright = max(map(len, names)) > 2
        axes.set_xticks(range(size), names, rotation=90 if upright else 0)
        axes.set_yticks(range(size), names)
