"""Runs one config at many points, which share what they have in common.

    --sweep=distillation.method=hinton_kd,at --sweep=distillation.seeds=(0,)
                                            every combination of the values
    --sweep=config                          the points of the config's sweep()

All points use one `pipeline_root`: what does not depend on a swept field, such
as the data and the teacher, is made once and then taken from the cache. A
point that fails does not stop the others. The same command again repeats no
finished component.
"""

import csv
import dataclasses
import hashlib
import io
import itertools
import json
import os
import pathlib
import statistics

from tfkd.errors import InputError
from tfkd.pipelines import artifact_store
from tfkd.pipelines import settings
from tfkd.pipelines import tables
from tfkd.pipelines.progress import say
from tfkd.report import answers
from tfkd.report import questions
from tfkd.report import sweep as page

COLUMNS = (
    "teacher_accuracy",
    "control_accuracy",
    "student_accuracy",
    "gain",
    "int8_accuracy",
    "int8_bytes",
    "eval_accuracy",
    "test_examples",
    "control_seeds",
    "student_seeds",
)


@dataclasses.dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes:
        number: Counted from 1.
        fields: Config field to its value as text.
        config: The locked config.
        overrides: All fields that differ from the config's file.
        run_id: Name of its run.
    """

    number: int
    fields: dict
    config: object
    overrides: dict
    run_id: str

    @property
    def text(self):
        """The fields as a person reads them."""
        short = {k.rpartition(".")[2]: v for k, v in self.fields.items()}
        named = short if len(short) == len(self.fields) else self.fields
        return ", ".join(f"{k}={v}" for k, v in named.items())


def points(argv, values, config):
    """Returns the checked points of a sweep, before any of them runs.

    Args:
        argv: The command line.
        values: Its flags.
        config: Its config.

    Raises:
        InputError: If a field or a value does not fit, naming the point, or
            if the config's question is none.
    """
    if "question" in config:
        questions.get(config.question)
    found = _fields(argv, values, config)
    text = json.dumps(found, sort_keys=True)
    name = values.run_id or (
        f"sweep-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )
    rest = [word for word in argv if not word.lstrip("-").startswith("sweep=")]
    made = []
    for number, fields in enumerate(found, start=1):
        run_id = f"{name}-{number:03d}"
        own = [f"--config.{field}={value}" for field, value in fields.items()]
        if "pusher.serving_dir" not in fields:
            folder = os.path.join(
                values.pipeline_root, "sweeps", name, f"{number:03d}", "serving"
            )
            own.append(f"--config.pusher.serving_dir={folder}")
        try:
            _, point, overrides = settings.parse([*rest, *own])
        except InputError as error:
            told = ", ".join(f"{k}={v}" for k, v in fields.items())
            raise InputError(
                f"Point {number} of the sweep ({told}): {error}"
            ) from error
        made.append(Point(number, fields, point, overrides, run_id))
    return name, made


def _fields(argv, values, config):
    """Returns one dict a point: field to value as text."""
    known = settings.flatten(config)
    given = values.sweep
    if given == ["config"]:
        listed = settings.sweep_of(argv)
        return [
            {_named(field, known): _text(value) for field, value in p.items()}
            for p in listed
        ]
    axes = {}
    for word in given:
        field, equals, text = word.partition("=")
        choices = _split(text)
        if not equals or not field or not all(choices) or not choices:
            raise InputError(
                "--sweep must be FIELD=VALUE,VALUE,... or `config` alone, "
                f"received {word!r}. For example "
                "--sweep=distillation.temperature=1,2,4."
            )
        axes[_named(field, known)] = choices
    return [
        dict(zip(axes, combination, strict=True))
        for combination in itertools.product(*axes.values())
    ]


def _named(field, known):
    """Allows `distillation.temperature` for an argument of the method."""
    parent, _, leaf = field.rpartition(".")
    if field in known or f"{parent}.arguments" not in {
        name.rpartition(".")[0] for name in known
    }:
        return field
    return f"{parent}.arguments.{leaf}"


def _text(value):
    return value if isinstance(value, str) else repr(value)


def _split(text):
    """Splits at commas that are in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == "," and not depth:
            parts.append("")
            continue
        parts[-1] += letter
    return [part.strip() for part in parts]


def run(name, sweep, values, run_point):
    """Runs every point and writes `results.csv` and the page after each.

    Args:
        name: Name of the sweep, and of its folder below `sweeps/`.
        sweep: Its points.
        values: The flags.
        run_point: Called with a point; returns its `RunResult`.

    Returns:
        The exit code: 1 if a point failed.
    """
    folder = pathlib.Path(values.pipeline_root, "sweeps", name)
    artifact_store.check_root(folder)
    rows = []
    fields = list(dict.fromkeys(f for point in sweep for f in point.fields))
    for point in sweep:
        if not values.quiet:
            say(f"\nPoint {point.number}/{len(sweep)}: {point.text}")
        rows.append(_row(point, fields, run_point))
        _write(folder, name, sweep, fields, rows)
    say()
    for line in tables.lines(_told(rows, fields)):
        say(line)
    for line in _answer(sweep, fields, rows):
        say(line)
    failed = sum(row["state"] != "finished" for row in rows)
    say(f"\nResults: {folder / 'results.csv'}")
    say(f"Page:    {folder / 'sweep.html'}")
    if failed:
        say(f"{failed} of {len(rows)} points failed; see `error` there.")
    return 1 if failed else 0


def _row(point, fields, run_point):
    row = {
        "point": point.number,
        "run_id": point.run_id,
        # A field of one method may be none of another.
        **{field: point.fields.get(field, "") for field in fields},
        "state": "finished",
        **dict.fromkeys(COLUMNS, ""),
        "blessed": "",
        "seconds": "",
        "error": "",
    }
    try:
        result = run_point(point)
    # Whatever a point ends with, the others are worth running.
    except Exception as error:
        text = " ".join(str(error).split())
        row |= {"state": "failed", "error": f"{type(error).__name__}: {text}"}
        say(f"Point {point.number} failed: {text}")
        return row
    row["seconds"] = f"{result.seconds:.1f}"
    for id, node in result.nodes.items():
        if "evaluation" in node.outputs:
            row |= _measured(pathlib.Path(node.outputs["evaluation"]))
        if id == "Distillation":
            row["eval_accuracy"] = _chosen_by(node.outputs["model"])
    if any(_withheld(node) for node in result.nodes.values()):
        row["blessed"] = "no"
    return row


def _withheld(node):
    """Says whether the InfraValidator has not blessed the file."""
    folder = pathlib.Path(node.outputs.get("blessing", ""))
    return (folder / "INFRA_NOT_BLESSED").is_file()


def _measured(folder):
    """Returns what the Evaluator measured: fractions of 1, and bytes."""
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    models = metrics["models"]
    found = {
        "blessed": "yes" if metrics["blessed"] else "no",
        "test_examples": metrics["test_examples"],
    }
    for role in ("control", "student"):
        if role in models:
            seeds = models[role]["seed_accuracies"]
            found[f"{role}_seeds"] = json.dumps(seeds)
    for role in ("teacher", "control", "student"):
        if role in models:
            found[f"{role}_accuracy"] = _mean(models[role])
    if {"student", "control"} <= models.keys():
        found["gain"] = _mean(models["student"]) - _mean(models["control"])
    int8 = models.get("student_int8")
    if int8:
        found["int8_accuracy"] = int8["accuracy"]
        found["int8_bytes"] = int8["bytes"]
    return {
        key: round(value, 6) if isinstance(value, float) else value
        for key, value in found.items()
    }


def _mean(model):
    return statistics.fmean(model["seed_accuracies"].values())


def _chosen_by(model):
    """Returns the accuracy on the eval split, mean over the seeds."""
    text = pathlib.Path(model, "training.json").read_text(encoding="utf-8")
    runs = json.loads(text)["runs"]
    return round(statistics.fmean(run["eval_accuracy"] for run in runs), 6)


def _told(rows, fields):
    """Returns the rows that are printed, shortest columns only."""
    shown = [("point", *fields, "student %", "gain", "int8 %", "state")]
    for row in rows:
        shown.append(
            (
                str(row["point"]),
                *(str(row[field]) for field in fields),
                _percent(row["student_accuracy"]),
                _percent(row["gain"], sign="+"),
                _percent(row["int8_accuracy"]),
                row["state"],
            )
        )
    return shown


def _percent(value, sign=""):
    return "-" if value == "" else f"{100 * value:{sign}.1f}"


def _question(sweep):
    """Returns what the config asks, or `None`."""
    name = sweep[0].config.get("question")
    return questions.get(name) if name else None


def _answer(sweep, fields, rows):
    """Returns the lines that answer the config's question, if it has one."""
    question = _question(sweep)
    if question is None:
        return []
    measured = questions.points(rows, fields, len(sweep))
    answer = answers.answer(question, measured)
    return ["", question.text, answer.verdict, *answer.reasons]


def _write(folder, name, sweep, fields, rows):
    """Writes table and page; the points still to run are missing there."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    artifact_store.write_text(folder / "results.csv", table.getvalue())
    text = page.render(
        name, rows, fields, total=len(sweep), question=_question(sweep)
    )
    artifact_store.write_text(folder / "sweep.html", text)
