"""Writes the numbers of `docs/guides/choosing.md` from what was measured.

    python benchmarks/choosing.py

From the learning table only methods of one protocol are compared: `digits`,
where all have the same student, teacher, labels, images and steps; and the
same methods over the tasks of the leaderboard.
"""

import ast
import pathlib
import re
import statistics
import sys

from tfkd import errors

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
GUIDE = HERE.parent / "docs/guides/choosing.md"
PROTOCOL = "digits"
# What a method's losses read of the teacher, told by the parts it uses.
KINDS = {
    "logits": "class scores",
    "features": "maps or embeddings, example by example",
    "relations": "relations between examples",
    "both": "class scores and something else",
}
# Parts by which a method's source shows what it compares.
_SOFT = ("SoftTargets", "EnsembleSoftTargets", "DirichletLikelihood")
_PAIRWISE = (
    "PairDistances",
    "TripletAngles",
    "SimilarityMatrix",
    "AffinityMatrix",
    "KernelMatrix",
    "LogSimilarity",
    "LocalStructure",
    "LayerChange",
    "VotedOrder",
)
# Methods of which the imports do not tell it, or tell it wrongly: logits that
# are compared by a plain distance, and soft targets beside maps.
_KNOWN = {
    "afd_audio": "both",
    "alpsn": "features",
    "anc": "both",
    "cgan_kd": "logits",
    "crd": "features",
    "gkd": "relations",
    "irg": "both",
    "ksanc": "both",
    "ktan": "both",
    "l2t_ww": "features",
    "logit_regression": "logits",
    "mhgd": "relations",
    "mobileid": "features",
    "noisy_teacher": "logits",
    "outlook_hypersphere": "features",
    "tsc_gan": "logits",
}


def kind_of(path):
    """Returns a key of `KINDS` for a method's file.

    Raises:
        InputError: If neither its imports nor its folder tell it.
    """
    if path.stem in _KNOWN:
        return _KNOWN[path.stem]
    names = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    soft = bool(names & set(_SOFT))
    relations = bool(names & set(_PAIRWISE))
    features = path.parent.name == "features"
    if soft and (relations or features):
        return "both"
    if soft:
        return "logits"
    if not (relations or features):
        raise errors.InputError(
            f"What {path.stem} compares must be known, and neither its imports "
            f"nor its folder {path.parent.name!r} tell it. Read its equation, "
            "and add it to _KNOWN in benchmarks/choosing.py."
        )
    return "relations" if relations else "features"


def gains():
    """Returns what was measured, and of which methods that is missing.

    Returns:
        Kind to a list of (mean gain in points, key), the best first; and the
        keys without runs of their present code.
    """
    import learning
    import learning_table
    from learning_cases import CASES

    from tfkd import methods

    results = learning.current(learning.load("test"))
    found, missing = {kind: [] for kind in KINDS}, []
    for key, case in CASES.items():
        if case.task != PROTOCOL:
            continue
        runs = learning_table.paired(results, key, case)
        if runs is None:
            missing.append(key)
            continue
        gain = statistics.mean(100 * (a - b) for a, b in runs)
        found[kind_of(methods.get(key).path)].append((gain, key))
    ordered = {k: sorted(rows, reverse=True) for k, rows in found.items()}
    return ordered, missing


def block(found, missing):
    """Returns the table as Markdown; arguments as of `gains`."""
    lines = [
        "| what is compared | methods | median gain | best | least |",
        "|---|---:|---:|---|---|",
    ]
    for kind, rows in found.items():
        if not rows:
            continue
        median = statistics.median(gain for gain, _ in rows)
        ends = [f"`{key}` {gain:+.1f}" for gain, key in (rows[0], rows[-1])]
        lines.append(
            f"| {KINDS[kind]} | {len(rows)} | {median:+.1f} | {ends[0]} | "
            f"{ends[1]} |"
        )
    lines += ["", "Each method, by what it compares:", ""]
    for kind, rows in found.items():
        listed = ", ".join(f"`{key}` {gain:+.1f}" for gain, key in rows)
        lines.append(f"- {KINDS[kind]}: {listed or 'none'}.")
    if missing:
        listed = ", ".join(f"`{key}`" for key in missing)
        lines += ["", f"Not measured with their present code: {listed}."]
    return "\n".join(lines)


def together():
    """Returns the leaderboard's tasks side by side; `None` for too few."""
    from benchmarks import leaderboard
    from benchmarks import leaderboard_across
    from benchmarks.leaderboard_budget import FULL

    return leaderboard_across.across(leaderboard.summaries(FULL))


def tasks_block(found, across):
    """Returns each kind's median gain in each task as Markdown.

    Args:
        found: As of `gains`; says of what kind a method is.
        across: A `leaderboard_across.Across`; `None` without one.
    """
    if across is None:
        return (
            "Fewer than two of its tasks have been run to their end with the "
            "present code."
        )
    rows = {row.entry: row for row in across.rows}
    headings = [across.heading(name) for name in across.tasks]
    lines = [
        f"| what is compared | methods | {' | '.join(headings)} |",
        "|---|---:|" + "---:|" * len(across.tasks),
    ]
    for kind, entries in found.items():
        known = [rows[key] for _, key in entries if key in rows]
        if not known:
            continue
        medians = [
            statistics.median(row.found[name].gain.mean for row in known)
            for name in across.tasks
        ]
        cells = " | ".join(f"{median:+.1f}" for median in medians)
        lines.append(f"| {KINDS[kind]} | {len(known)} | {cells} |")
    return "\n".join(lines)


def without_gain():
    """Returns measured methods: whether each shows no gain in the table."""
    import learning
    import learning_table
    from learning_cases import CASES

    results = learning.current(learning.load("test"))
    return {
        key: learning_table.shows_no_gain(results, key)
        for key, case in CASES.items()
        if learning_table.paired(results, key, case) is not None
    }


def starred(text, flat):
    """Returns the guide with a star at each method that shows no gain.

    Args:
        text: Of the guide.
        flat: Key to whether it shows none; others keep what they have.
    """

    def marked(match):
        key, star = match[1], match[2] or ""
        if key in flat:
            star = r"\*" if flat[key] else ""
        return f"`{key}`{star}"

    head, mark, table = text.partition("## By what you have")
    return head + mark + re.sub(r"`(\w+)`(\\\*)?", marked, table)


def replaced(text, name, block):
    """Returns a text with another block between its marks."""
    marks = (f"<!-- {name}:begin -->", f"<!-- {name}:end -->")
    new = "\n".join([marks[0], block, marks[1]])
    pattern = f"{marks[0]}.*{marks[1]}"
    return re.sub(pattern, lambda _: new, text, flags=re.DOTALL)


def main():
    """Replaces what is between the guide's marks."""
    found, missing = gains()
    guide = GUIDE.read_text(encoding="utf-8")
    guide = replaced(guide, "gains", block(found, missing))
    guide = replaced(guide, "tasks", tasks_block(found, together()))
    guide = starred(guide, without_gain())
    GUIDE.write_text(guide, encoding="utf-8")


if __name__ == "__main__":
    main()
