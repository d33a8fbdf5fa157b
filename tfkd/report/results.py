"""Reads what a run left in its artifacts into plain Python values."""

import dataclasses
import json
import pathlib
import re

import numpy as np

from tfkd import errors

# The `.tflite` file beside a Keras model; others are named after theirs.
FILES = {"teacher": "teacher", "control": "control", "student": "float32"}


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything that a report shows.

    Attributes:
        title: Heading of the page.
        data: The examples' `dataset.json`.
        class_counts: Split name to a dict from class name to number of
            examples.
        trainings: `"teacher"`, `"control"`, `"student"` to `training.json`.
        variants: TFLite variant to its `model.json`.
        metrics: The evaluation's `metrics.json`.
        predictions: Arrays of the evaluation's `predictions.npz`.
        checks: The checks of all blessings.
        blessed: Whether all of them were given.
        pushed: `pushed.json`, or `None` without a Pusher.
        artifacts: Rows of the lineage table: channel, type, node, id.
        card: Equation, paper and section of the method, or `None`.
        compression: `compression.json`, or `None`.
        infra: `infra_validation.json`, or `None` without an InfraValidator.
        not_made: Variant to why it could not be exported.
    """

    title: str
    data: dict
    class_counts: dict
    trainings: dict
    variants: dict
    metrics: dict
    predictions: dict
    checks: list
    blessed: bool
    pushed: dict | None = None
    artifacts: tuple = ()
    card: dict | None = None
    compression: dict | None = None
    infra: dict | None = None
    not_made: dict = dataclasses.field(default_factory=dict)


def read(uris, *, title, artifacts=(), card=None):
    """Reads the files of a run.

    Args:
        uris: Channel name (`examples`, `statistics`, `teacher`, `control`,
            `student`, `tflite`, `evaluation`, `blessing`, and `compressed`
            and `pushed` if there are such) to the artifact's directory.
        title: Heading of the page.
        artifacts: Rows of the lineage table.
        card: The method's equation, paper and section, if known.

    Returns:
        `Results`.

    Raises:
        InputError: If a file is missing or is no JSON.
    """
    root = {key: pathlib.Path(uri) for key, uri in uris.items()}
    data = read_json(root["examples"] / "dataset.json")
    stored = _existing(root["evaluation"] / "predictions.npz")
    with np.load(stored, allow_pickle=False) as arrays:
        predictions = {name: arrays[name] for name in arrays.files}
    blessing = read_json(root["blessing"] / "blessing.json")
    blessed = (root["blessing"] / "BLESSED").exists()
    checks, infra = blessing["checks"], None
    metrics = read_json(root["evaluation"] / "metrics.json")
    if "infra_blessing" in root:
        folder = root["infra_blessing"]
        infra = read_json(folder / "infra_validation.json")
        blessed = blessed and (folder / "INFRA_BLESSED").exists()
        checks = [*checks, *infra["checks"]]
        _add_latency(metrics["models"], infra["files"])
    return Results(
        title=title,
        data=data,
        class_counts=class_counts(root["statistics"], data),
        trainings={
            role: read_json(root[role] / "training.json")
            for role in ("teacher", "control", "student")
        },
        variants={
            path.parent.name: read_json(path)
            for path in sorted(root["tflite"].glob("*/model.json"))
        },
        metrics=metrics,
        predictions=predictions,
        checks=checks,
        blessed=blessed,
        pushed=read_json(root["pushed"] / "pushed.json")
        if "pushed" in root
        else None,
        artifacts=tuple(artifacts),
        card=card,
        compression=read_json(root["compressed"] / "compression.json")
        if "compressed" in root
        else None,
        infra=infra,
        not_made=_not_made(root["tflite"]),
    )


def _not_made(folder):
    path = folder / "not_made.json"
    return read_json(path) if path.exists() else {}


def _add_latency(models, files):
    """Adds to each model the times of the file that stands for it."""
    for name, model in models.items():
        variant = FILES.get(name, name.removeprefix("student_"))
        model["latency_ms"] = files.get(variant, {}).get("latency_ms")


def read_json(path):
    """Returns the value in a JSON file, or raises an `InputError`."""
    try:
        return json.loads(_existing(path).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise errors.InputError(
            f"{path} must be JSON, but reading it failed: {error}. The "
            "component that wrote it must run again: delete the folder."
        ) from error


def _existing(path):
    path = pathlib.Path(path)
    if not path.exists():
        raise errors.InputError(
            f"The report needs {path.name} of the artifact {path.parent}, and "
            "it is not there. The component that writes it must run again."
        )
    return path


def card(doc):
    """Picks equation, paper and place in the survey from a docstring.

    Args:
        doc: A method module's docstring, with lines such as
            `Equation:  L = ...`, continued by deeper indented lines.

    Returns:
        `{"equation": ..., "paper": ..., "survey": ...}`, what there is.
    """
    found, lines = {}, None
    for line in doc.splitlines():
        start = re.match(r"([A-Z][a-z]+):\s*(.*)", line)
        if start:
            lines = found.setdefault(start[1].lower(), [])
            indent = start.start(2)
        elif not line.strip():
            lines = None
        if lines is not None:
            lines.append(line[indent:].rstrip())
    equation = "\n".join(found.get("equation", []))
    prose = {key: " ".join(found.get(key, [])) for key in ("paper", "survey")}
    # The titles' Markdown emphasis is no emphasis here.
    prose = {key: text.replace("*", "") for key, text in prose.items()}
    return {k: v for k, v in {"equation": equation, **prose}.items() if v}


def class_counts(folder, data):
    """Reads how many examples each class has.

    Args:
        folder: An `ExampleStatistics` artifact.
        data: The examples' `dataset.json`.

    Returns:
        Split name to a dict from class name to number of examples.
    """
    # Imports TensorFlow, which drawing a page does not need.
    from tfkd.data import statistics

    return {
        split: statistics.class_counts(statistics.read(folder, split))
        for split in data["splits"]
    }
