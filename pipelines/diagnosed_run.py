"""The models and examples of a finished run, for a diagnosis."""

import ast
import dataclasses
import json
import pathlib

from tfkd import methods
from tfkd.errors import InputError
from tfkd.pipelines.metadata import history

NODES = {
    "examples": "ExampleGen",
    "teacher": "TeacherTrainer",
    "control": "Control",
    "student": "Distillation",
}
FINISHED = ("COMPLETE", "CACHED")
# Of soft targets, where the run's method has no temperature of its own.
TEMPERATURE = 4.0


@dataclasses.dataclass(frozen=True)
class DiagnosedRun:
    """Where a run's artifacts are.

    Attributes:
        run_id: Name of the run.
        uris: Key of `NODES` to the artifact's directory.
    """

    run_id: str
    uris: dict


def find(path, run_id=None):
    """Finds a run that can be diagnosed.

    Args:
        path: The metadata store.
        run_id: Name of the run; the newest that has finished what is needed
            if absent.

    Returns:
        A `DiagnosedRun`.

    Raises:
        InputError: If there is none.
    """
    store = history.History(path)
    runs = {run.run_id: run for run in store.runs()}
    if run_id is None:
        usable = [name for name, run in runs.items() if not _open(run)]
        if not usable:
            raise InputError(
                f"A run in {path} must have finished "
                f"{', '.join(NODES.values())}, and none has. Run the pipeline "
                "first, or pass its --config."
            )
        run_id = usable[0]
    store.artifacts(run_id)  # There must be such a run.
    unfinished = _open(runs.get(run_id))
    if unfinished:
        raise InputError(
            f"The run {run_id} must have finished {', '.join(NODES.values())}; "
            f"it has not: {', '.join(unfinished)}. Run it again, or choose "
            "another --run_id: `tfkd metadata runs` lists them."
        )
    made = store.outputs(run_id)
    return DiagnosedRun(
        run_id, {key: made[node][0].uri for key, node in NODES.items()}
    )


def _open(run):
    """Returns the components of `NODES` that a run has not finished."""
    states = {} if run is None else run.states
    return [node for node in NODES.values() if states.get(node) not in FINISHED]


def diagnose(found, root):
    """Diagnoses a run on its eval split; returns a `Diagnosis`.

    Args:
        found: A `DiagnosedRun`.
        root: The pipeline's root, for the run's title.

    Raises:
        InputError: If an artifact is missing or cannot be read.
    """
    import numpy as np

    from tfkd.data import records
    from tfkd.report import diagnose
    from tfkd.training import model_files
    from tfkd.training import order
    from tfkd.training import run_data

    uris = found.uris
    record = model_files.read_record(uris["student"])
    info = records.read_info(uris["examples"])
    held_out = run_data.load(uris["examples"], "eval")
    train = run_data.load(uris["examples"], "train", record["subset"])
    known = order.choose_labelled(
        train.ids, train.labels, record["num_labels"], record["selected_seed"]
    )
    return diagnose(
        model_files.load(uris["teacher"]),
        model_files.load(uris["student"]),
        (held_out.images, held_out.labels),
        train=(train.images, np.where(known, train.labels, -1)),
        control=model_files.load(uris["control"]),
        class_names=info["class_names"],
        temperature=_temperature(record),
        title=_title(root, found.run_id),
    )


def _temperature(record):
    """Returns what a run's method was given, or else its own default."""
    method, given = record.get("method"), record["arguments"]
    if "temperature" in given:
        found = given["temperature"]
    elif method in methods.names():
        _, default = methods.signature(method).get("temperature", ("", ""))
        found = ast.literal_eval(default or "None")
    else:
        found = None
    return found if isinstance(found, int | float) else TEMPERATURE


def _title(root, run_id):
    """Returns the title of the run's config, if it is recorded."""
    try:
        text = pathlib.Path(root, "runs", f"{run_id}.json").read_text()
        return json.loads(text)["config"]["title"]
    except (OSError, ValueError, KeyError):
        return run_id
