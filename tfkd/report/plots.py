"""Figures as inline SVG that follows the page's light or dark colours.

Every function returns markup, and the same markup for the same numbers: ids
are salted with a constant, and no metadata is written. Colours are drawn as
placeholders, which become CSS variables of `style.css`.
"""

import io
import re
import warnings

from tfkd.report import facts
from tfkd.report import formats

# Placeholder to CSS variable; after Okabe and Ito's colour-blind-safe set.
INK, FAINT, ON_FILL = "#101010", "#909090", "#f0f0f0"
COLOURS = {
    "teacher": "#0072b2",
    "control": "#d55e00",
    "student": "#009e73",
    "student_int8": "#a8517f",
}
OTHER = "#606060"
VARIABLES = {
    INK: "--ink",
    FAINT: "--line-strong",
    ON_FILL: "--on-fill",
    OTHER: "--muted",
    **{
        colour: f"--{model.replace('_', '-')}"
        for model, colour in COLOURS.items()
    },
}
# Shape and dash tell models apart where colour does not.
MARKERS = {"teacher": "s", "control": "D", "student": "o", "student_int8": "^"}
DASHES = {"teacher": "-", "control": (0, (4, 2)), "student": "-"}
SETTINGS = {
    "svg.hashsalt": "tfkd",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


def colour(model):
    """Returns a model's placeholder colour."""
    return COLOURS.get(model, OTHER)


def curves(trainings, key, *, name, unit, scale=1.0):
    """Draws one line a training run over its epochs.

    Args:
        trainings: Role to `training.json`.
        key: Key of the runs' `history`, such as `"val_accuracy"`.
        name: What is drawn, for axis and description.
        unit: Unit of the axis after `scale`.
        scale: Factor applied to each value.

    Returns:
        SVG markup, or `None` if no run has this history.
    """
    found = {
        role: [
            (run.get("seed"), run["history"][key])
            for run in training.get("runs") or []
            if (run.get("history") or {}).get(key)
        ]
        for role, training in trainings.items()
    }
    found = {role: runs for role, runs in found.items() if runs}
    if not found:
        return None

    def draw(axes):
        for role, runs in found.items():
            for seed, values in runs:
                chosen = seed == trainings[role].get("selected_seed")
                axes.plot(
                    range(1, len(values) + 1),
                    [scale * value for value in values],
                    color=colour(role),
                    linestyle=DASHES.get(role, "-"),
                    linewidth=1.8 if chosen else 0.9,
                    marker=MARKERS.get(role) if len(values) == 1 else None,
                )
            many = f" ({len(runs)} seeds)" if len(runs) > 1 else ""
            axes.plot(
                [],
                [],
                color=colour(role),
                linestyle=DASHES.get(role, "-"),
                label=facts.label(role) + many,
            )
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"{name} ({unit})" if unit else name)
        axes.xaxis.get_major_locator().set_params(integer=True)
        _legend(axes)

    last = "; ".join(
        f"{facts.label(role)} ends at "
        + ", ".join(f"{scale * values[-1]:.3g}" for _, values in runs)
        for role, runs in found.items()
    )
    return drawn(draw, f"curve-{key}", f"{name} by epoch. {last} {unit}.")


def reliability(metrics, models=()):
    """Draws how often answers are right against how sure the models are.

    Args:
        metrics: The evaluation's `metrics.json`.
        models: Those to draw; absent ones are left out. Teacher, control and
            the judged model if none is named.
    """
    models = models or ("teacher", "control", facts.judged(metrics))
    models = [model for model in models if model in metrics["models"]]
    entries = {model: metrics["models"][model] for model in models}
    errors = ", ".join(
        f"{facts.label(model)} {formats.percent(entry.get('ece'))} %"
        for model, entry in entries.items()
    )

    def draw(axes):
        axes.plot([0, 100], [0, 100], color=FAINT, linewidth=1, label="Ideal")
        for model, entry in entries.items():
            _reliability_line(axes, model, entry["reliability"])
        axes.set(xlim=(0, 102), ylim=(-2, 103))
        axes.set_xlabel("mean confidence (%)")
        axes.set_ylabel("accuracy (%)")
        _legend(axes)

    return drawn(
        draw,
        "reliability",
        "Reliability diagram: accuracy against confidence, the diagonal is "
        f"perfect. Expected calibration error: {errors}.",
    )


def _reliability_line(axes, model, bins):
    kept = [
        (100 * confidence, 100 * accuracy, count)
        for confidence, accuracy, count in zip(
            bins["confidence"], bins["accuracy"], bins["count"], strict=True
        )
        if count
    ]
    if not kept:
        return
    total = sum(count for *_, count in kept)
    x, y, counts = zip(*kept, strict=True)
    axes.plot(
        x,
        y,
        color=colour(model),
        linestyle=DASHES.get(model, "-"),
        linewidth=1,
        # Bins of few images jump: the marks' sizes matter, not the line.
        alpha=0.45,
    )
    axes.scatter(
        x,
        y,
        s=[12 + 130 * (count / total) for count in counts],
        marker=MARKERS.get(model, "o"),
        color=colour(model),
        label=facts.label(model),
    )


def accuracy_by_size(metrics):
    """Draws accuracy with its interval against the file's size.

    Args:
        metrics: The evaluation's `metrics.json`.

    Returns:
        SVG markup, or `None` if no model was exported.
    """
    models = [
        model
        for model in facts.order(metrics)
        if metrics["models"][model].get("bytes")
    ]
    entries = {model: metrics["models"][model] for model in models}
    if not entries:
        return None

    def draw(axes):
        for index, (model, entry) in enumerate(entries.items()):
            # Control and student have the same size: keep them apart.
            aside = 0.05 * (index - (len(entries) - 1) / 2)
            _interval(axes, model, entry, aside)
        _size_axes(axes, entries.values())
        _legend(axes)

    listed = "; ".join(
        f"{facts.label(model)} {formats.percent(entry['accuracy'])} % in "
        f"{formats.kibibytes(entry['bytes'])} KiB"
        for model, entry in entries.items()
    )
    return drawn(draw, "size", f"Accuracy against file size: {listed}.")


def _interval(axes, model, entry, aside):
    """Draws one model's accuracy, moved `aside` inches to the right."""
    from matplotlib import transforms

    accuracy = entry["accuracy"]
    low, high = _bounds(entry)
    shift = transforms.ScaledTranslation(aside, 0, axes.figure.dpi_scale_trans)
    axes.errorbar(
        [entry["bytes"] / 1024],
        [100 * accuracy],
        yerr=[
            [100 * max(0.0, accuracy - low)],
            [100 * max(0.0, high - accuracy)],
        ],
        transform=axes.transData + shift,
        color=colour(model),
        marker=MARKERS.get(model, "o"),
        markersize=7,
        linewidth=1.4,
        capsize=4,
        linestyle="none",
        label=facts.label(model),
    )


def _bounds(entry):
    return entry.get("accuracy_interval") or [entry["accuracy"]] * 2


def _size_axes(axes, entries):
    from matplotlib import ticker

    # Shifted points do not take part in matplotlib's own choice of limits.
    sizes = [entry["bytes"] / 1024 for entry in entries]
    ends = [100 * bound for entry in entries for bound in _bounds(entry)]
    margin = max(1.0, 0.08 * (max(ends) - min(ends)))
    axes.set_xscale("log")
    axes.set_xlim(min(sizes) / 1.8, max(sizes) * 1.8)
    axes.set_ylim(min(ends) - margin, max(ends) + margin)
    axes.set_xlabel("size of the .tflite file (KiB, log scale)")
    axes.set_ylabel("test accuracy (%)")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:,.4g}"))
    axes.xaxis.set_minor_locator(ticker.NullLocator())


def _legend(axes):
    axes.legend(
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=2,
        columnspacing=1.6,
        handlelength=1.8,
        borderaxespad=0.3,
    )


def drawn(draw, name, description, *, height=3.5):
    """Runs `draw(axes)` on a fresh figure and returns it as markup.

    Args:
        draw: Draws on the axes that it is given.
        name: Begins the ids of the markup; one name once a page.
        description: What is to be seen, for those who cannot.
        height: Of the figure, in inches at a width of 4.7.
    """
    return _inline(_svg(draw, height), name, description)


def standalone(draw, description, *, height=3.5):
    """Returns the same figure as a file, in dark ink on white.

    Args:
        draw: Draws on the axes that it is given.
        description: What is to be seen, for those who cannot.
        height: Of the figure, in inches at a width of 4.7.
    """
    import markupsafe

    svg = _svg(draw, height)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", svg)
    svg = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 sans-serif", svg)
    end = svg.index(">", svg.index("<svg")) + 1
    title = f"<title>{markupsafe.escape(description)}</title>"
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{svg[:end]}{title}{ground}{svg[end:]}"


def _svg(draw, height):
    import matplotlib
    from matplotlib.backends import backend_svg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        # The browser draws the text: the fonts here only measure it.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure = Figure(figsize=(4.7, height), layout="constrained")
        backend_svg.FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        draw(figure.add_subplot())
        text = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(text, format="svg", metadata=nothing)
    return text.getvalue()


def _inline(svg, name, description):
    """Makes a file's SVG part of a page: own ids, page's colours, a name."""
    import markupsafe

    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Two figures on a page must not share ids.
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    for placeholder, variable in VARIABLES.items():
        svg = svg.replace(placeholder, f"var({variable})")
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r"(font: [^;\"]*?px) [^;\"]*", r"\1 var(--font)", svg)
    opening = re.search(r'viewBox="[^"]*"', svg).group(0)
    body = svg[svg.index(">") + 1 :]
    label = markupsafe.escape(description)
    return markupsafe.Markup(
        f'<svg class="plot" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{opening} role="img" aria-label="{label}">{body}'
    )
