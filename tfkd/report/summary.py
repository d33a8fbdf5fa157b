"""The headline table in plain text, at most 79 columns wide."""

import textwrap

from tfkd.report import checks
from tfkd.report import compression
from tfkd.report import facts
from tfkd.report import formats

WIDTH = 79
COLUMNS = (
    ("model", lambda row: row["label"].lower()),
    ("accuracy % [95 %]", lambda row: f"{row['accuracy']} [{row['interval']}]"),
    ("mean ± sd", lambda row: row["spread"]),
    ("agree %", lambda row: row["agreement"]),
    ("params", lambda row: row["parameters"]),
    ("KiB", lambda row: row["kib"]),
    ("ms", lambda row: row["median"]),
)


def render(results):
    """Writes the summary that a run ends with.

    Args:
        results: A `tfkd.report.results.Results`.

    Returns:
        Text that ends in a newline; the table's lines have at most 79
        columns.
    """
    compared = compression.table(results)
    rows = facts.rows(results.metrics)
    if compared:
        # The other files stand in the table of recipes.
        rows = [row for row in rows if row["model"] in facts.LABELS]
    blocks = [
        _paragraph(results.title),
        "",
        *table(rows),
        "",
        _paragraph(legend(results)),
        "",
        *compared,
        *[""] * bool(compared),
        *[_paragraph(line) for line in verdict_lines(results)],
    ]
    return "\n".join(blocks) + "\n"


def table(rows):
    """Returns the headline table as lines: a header, a rule, the models."""
    lines = [[name for name, _ in COLUMNS]]
    lines += [[cell(row) for _, cell in COLUMNS] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    # Names of variants are long; numbers are never cut.
    widths[0] = min(widths[0], WIDTH - sum(widths[1:]) - len(widths) + 1)
    lines = [
        [formats.shortened(line[0], widths[0]), *line[1:]] for line in lines
    ]
    gap = "  " if sum(widths) + 2 * len(widths) - 2 <= WIDTH else " "
    aligned = [
        gap.join(
            text.ljust(width) if index == 0 else text.rjust(width)
            for index, (text, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]
    return [aligned[0], gap.join("-" * width for width in widths), *aligned[1:]]


def legend(results):
    """Says what the columns mean."""
    seeds = len(results.trainings["student"].get("runs") or [])
    return (
        f"accuracy on {results.metrics['test_examples']:,} test images with "
        f"its bootstrap interval; mean ± sd over {seeds} "
        f"seed{'' if seeds == 1 else 's'}; agree: same answer as the teacher; "
        "KiB: the .tflite file; ms: median of an inference, 1 thread."
    )


def verdict_lines(results):
    """Returns the verdict, the failed checks, and where things are."""
    lines = []
    gained = facts.gain(results.metrics)
    if gained is not None:
        lines.append(f"Student over control: {gained.text}.")
    lines.append(facts.verdict(results))
    for row in checks.rows(results.checks):
        if not row["passed"]:
            measured = f"{row['value']}, must be {row['bound']}."
            lines.append(f"  {row['name']}: {measured} {row['help']}")
    lines += facts.not_made(results)
    lines.append(facts.pushed_to(results.pushed))
    lines.append("Report: report.html, beside this summary.")
    return lines


def _paragraph(text):
    indent = text[: len(text) - len(text.lstrip())]
    # A path stays in one piece, so that it can be copied.
    return textwrap.fill(
        text.strip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + ("  " if indent else ""),
        break_long_words=False,
        break_on_hyphens=False,
    )
