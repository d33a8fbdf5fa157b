"""Renders a run's results as one self-contained HTML page."""

from tfkd.report import checks
from tfkd.report import compression
from tfkd.report import confusion
from tfkd.report import facts
from tfkd.report import formats
from tfkd.report import infra
from tfkd.report import plots
from tfkd.report import samples
from tfkd.report import templates

LISTED_CLASSES = 30


def render(results):
    """Writes the page.

    Args:
        results: A `tfkd.report.results.Results`.

    Returns:
        HTML text without any external resource or script.
    """
    filters = {
        "plain": formats.plain,
        "count": formats.count,
        "percent": formats.percent,
    }
    return templates.render("report.html", filters, **content(results))


def content(results):
    """Builds everything that the template shows."""
    metrics = results.metrics
    final = facts.judged(metrics)
    return {
        "title": results.title,
        "blessed": results.blessed,
        "verdict": facts.verdict(results),
        "outcome": facts.outcome(results),
        "gain": facts.gain(metrics),
        "rows": facts.rows(metrics),
        "test_examples": metrics["test_examples"],
        "compression": compression.rows(results),
        "compression_notes": compression.notes(results),
        "setting": facts.setting(results),
        "plots": figures(results, final),
        "confused": confused(metrics["models"][final]),
        "final": facts.label(final),
        "mistakes": mistakes(
            metrics["models"][final].get("confusion_matrix") or [],
            metrics["class_names"],
        ),
        "groups": samples.groups(results),
        "checks": checks.rows(results.checks),
        "infra": infra.content(results.infra),
        "pushed": facts.pushed_to(results.pushed),
        "data": results.data,
        "classes": class_table(results),
        "lineage": lineage(results),
        "versions": versions(results.variants),
        "artifacts": results.artifacts,
    }


def figures(results, final):
    """Draws all figures; `final` is the model whose confusions are shown."""
    metrics = results.metrics
    matrix = metrics["models"][final].get("confusion_matrix")
    return {
        "accuracy": plots.curves(
            results.trainings,
            "val_accuracy",
            name="eval accuracy",
            unit="%",
            scale=100.0,
        ),
        "loss": plots.curves(
            results.trainings, "val_loss", name="eval task loss", unit="nats"
        ),
        "size": plots.accuracy_by_size(metrics),
        "reliability": plots.reliability(metrics),
        "confusion": matrix
        and confusion.draw_matrix(matrix, metrics["class_names"], model=final),
    }


def confused(entry):
    """Says which classes the confusion matrix shows, `""` if all.

    Args:
        entry: A model's values in `metrics.json`.
    """
    matrix = entry.get("confusion_matrix") or []
    shown = len(confusion.confused(matrix)) if matrix else 0
    if shown == len(matrix):
        return ""
    return (
        f" Of {len(matrix):,} classes the {shown} with the most mistakes are "
        "drawn."
    )


def class_table(results):
    """Counts of each class in each split.

    Returns:
        `{"splits", "rows", "left_out"}`: a row is a class's name and its
        formatted counts; the first 30 classes are listed.
    """
    splits = sorted(results.data["splits"], key=_split_order)
    names = results.data["class_names"]
    rows = [
        (
            name,
            [
                formats.count(results.class_counts[split].get(name))
                for split in splits
            ],
        )
        for name in names[:LISTED_CLASSES]
    ]
    return {
        "splits": splits,
        "totals": [
            formats.count(results.data["splits"][split]["num_examples"])
            for split in splits
        ],
        "rows": rows,
        "left_out": max(0, len(names) - LISTED_CLASSES),
    }


def _split_order(split):
    known = ("train", "eval", "test")
    return (known.index(split) if split in known else len(known), split)


def mistakes(matrix, class_names, *, most=8):
    """Lists a model's most frequent mistakes.

    Returns:
        `(true class, answer, count)`, the most frequent first.
    """
    found = [
        (count, true, answer)
        for true, counts in enumerate(matrix)
        for answer, count in enumerate(counts)
        if count and true != answer
    ]
    found.sort(key=lambda item: (-item[0], *item[1:]))
    return [
        (class_names[true], class_names[answer], count)
        for count, true, answer in found[:most]
    ]


def lineage(results):
    """Returns `(name, value)` pairs: what made the models, and their hashes."""
    trainings, variants = results.trainings, results.variants
    student, card = trainings["student"], results.card or {}
    judged = facts.judged(results.metrics)
    files = dict(facts.VARIANTS)
    files.setdefault(judged, judged.removeprefix("student_"))
    pairs = [
        ("Method", student.get("method")),
        ("Equation", card.get("equation")),
        ("Paper", card.get("paper")),
        ("Survey", card.get("survey")),
        ("Arguments", student.get("arguments")),
        ("Student", formats.model(student.get("model"))),
        ("Training", student.get("train")),
        ("Seeds", [run.get("seed") for run in student.get("runs") or []]),
        ("Selected seed", student.get("selected_seed")),
        ("Teacher", formats.model(trainings["teacher"].get("model"))),
    ]
    pairs += [
        (f"{facts.label(role)}, SHA-256", training.get("model_hash"))
        for role, training in trainings.items()
    ]
    pairs += [
        (f"{facts.label(model)} .tflite, SHA-256", variants[name].get("sha256"))
        for model, name in files.items()
        if name in variants
    ]
    return [
        (name, formats.plain(value))
        for name, value in pairs
        if value not in (None, "", {}, [])
    ]


def versions(variants):
    """Library versions that the exporter recorded, as one line."""
    for variant in variants.values():
        provenance = variant.get("provenance") or {}
        found = provenance.get("versions") or variant.get("versions")
        if found:
            return ", ".join(f"{k} {v}" for k, v in sorted(found.items()))
    return ""
