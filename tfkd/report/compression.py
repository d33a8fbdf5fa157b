"""What each compression recipe costs and gains, side by side."""

import textwrap

from tfkd.report import formats

FLOAT = "float32"
WIDTH = 79


def rows(results):
    """Builds the comparison of recipes.

    Args:
        results: A `tfkd.report.results.Results`.

    Returns:
        One dictionary of formatted strings a file: `float32`, then the
        recipes as `compression.json` lists them; empty without one.
    """
    made = results.compression
    if not made:
        return []
    models = results.metrics["models"]
    floating = models["student"]
    found = [_row(FLOAT, floating, floating, {}, {})]
    accuracies = _accuracies(made, models)
    for name in order(made["recipes"]):
        report = made["recipes"][name]
        entry = models.get(f"student_{report['variant']}")
        if entry is None:
            continue
        compared = {
            "ptq": _ptq(report),
            "alone": report.get("control"),
        }
        compared = {
            key: accuracies.get(other)
            for key, other in compared.items()
            if other != name
        }
        row = _row(name, entry, floating, report, compared)
        found.append({**row, "chosen": name == made["chosen"]})
    return found


def order(recipes):
    """Sorts recipes: without training first, controls behind their recipe."""

    def key(name):
        report = recipes[name]
        bits = -(report.get("bits") or 0)
        return (bits, len(report.get("stages") or ()), name)

    return sorted(recipes, key=key)


def _accuracies(made, models):
    return {
        name: models[f"student_{report['variant']}"]["accuracy"]
        for name, report in made["recipes"].items()
        if f"student_{report['variant']}" in models
    }


def _ptq(report):
    if not report.get("stages"):
        return None
    return "int4_ptq" if report.get("bits") == 4 else "int8_ptq"


def _row(name, entry, floating, report, compared):
    latency = (entry.get("latency_ms") or {}).get("threads_1") or {}
    accuracy = entry["accuracy"]
    return {
        "name": name,
        "summary": report.get("summary", "the student itself"),
        "accuracy": formats.percent(accuracy),
        "interval": formats.interval(entry.get("accuracy_interval"), " – "),
        "gain": _points(accuracy, floating["accuracy"], name != FLOAT),
        "over_ptq": _points(accuracy, compared.get("ptq")),
        "over_alone": _points(accuracy, compared.get("alone")),
        "bytes": formats.count(entry.get("bytes")),
        "kib": formats.kibibytes(entry.get("bytes")),
        "gzip_kib": formats.kibibytes(entry.get("gzip_bytes")),
        "median": formats.milliseconds(latency.get("median")),
        "cost": _cost(report),
        "pattern": _pattern(report),
        "chosen": False,
    }


def _points(accuracy, other, shown=True):
    if other is None or not shown:
        return formats.ABSENT
    return formats.points(accuracy - other)


def _cost(report):
    """Steps of training, which the same machine takes the same time for."""
    steps = sum(stage["steps"] for stage in report.get("stages") or ())
    return f"{steps:,} steps" if steps else "no training"


def _pattern(report):
    """What was read from the file's kernels."""
    proof = report.get("proof") or {}
    parts = []
    if any(s["name"] == "two_by_four" for s in report.get("stages") or ()):
        parts.append("2 zeros in 4")
    elif proof.get("sparsity") is not None:
        parts.append(f"{formats.percent(proof['sparsity'])} % zeros")
    if proof.get("distinct") is not None:
        parts.append(f"{proof['distinct']} values")
    return ", ".join(parts) or formats.ABSENT


def notes(results):
    """Says what the comparison means, in sentences."""
    made = results.compression
    if not made:
        return []
    bound = formats.percent(made["max_drop"])
    sentences = []
    if made["chosen"] == "int8_ptq":
        sentences.append(
            "Quantization after training (int8_ptq) keeps the eval split's "
            f"bound of {bound} points, so it is the int8 file."
        )
    elif made["chosen"] is not None:
        sentences.append(
            "Quantization after training costs more than the bound of "
            f"{bound} points on the eval split, or was not asked for; the "
            f"most accurate there, {made['chosen']}, is the int8 file."
        )
    if made.get("fallback_error"):
        sentences.append(f"The fallback failed: {made['fallback_error']}")
    return sentences


def table(results):
    """Returns the comparison as lines of at most 79 columns, if there is one.

    A single recipe is in the headline table already.
    """
    found = rows(results)
    if len(found) < 3:
        return []
    columns = (
        ("recipe", lambda r: f"{r['name']}{' *' if r['chosen'] else ''}"),
        ("acc %", lambda r: r["accuracy"]),
        ("- f32", lambda r: r["gain"]),
        ("- ptq", lambda r: r["over_ptq"]),
        ("- alone", lambda r: r["over_alone"]),
        ("KiB", lambda r: r["kib"]),
        ("gzip", lambda r: r["gzip_kib"]),
        ("steps", lambda r: r["cost"].removesuffix(" steps")),
    )
    lines = [[name for name, _ in columns]]
    lines += [
        [cell(row).replace("no training", "0") for _, cell in columns]
        for row in found
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [
        " ".join(
            text.ljust(width) if index == 0 else text.rjust(width)
            for index, (text, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]
    legend = (
        "* is the int8 file; points of accuracy over float32, over "
        "quantization after training, over the same training without the "
        "teacher; steps of training."
    )
    rule = " ".join("-" * width for width in widths)
    return [aligned[0], rule, *aligned[1:], *textwrap.wrap(legend, WIDTH)]
