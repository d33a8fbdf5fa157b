"""Shards through Beam: Beam moves shard names, tf.data moves records."""

import json
import os
import uuid

from tfkd.errors import InputError


def map_shards(pipeline, function, tasks, work_dir):
    """Runs `function` once a task, spread out by Beam, and checks all came.

    Tasks and reports travel as JSON files, so only their names pass through
    Beam. A task that the runner retries writes the same report again.

    Args:
        pipeline: A Beam pipeline, not yet run.
        function: Module-level function, from a task to a report (both
            JSON-able dicts).
        tasks: One dict a shard.
        work_dir: Directory for the files, seen by all workers.

    Returns:
        The reports in the order of the tasks.

    Raises:
        InputError: The first one that `function` raised.
        RuntimeError: If the runner lost a task.
    """
    import apache_beam as beam

    os.makedirs(work_dir, exist_ok=True)
    names = [f"{work_dir}/{number:05d}" for number in range(len(tasks))]
    for name, task in zip(names, tasks):
        with open(f"{name}.task.json", "w") as file:
            json.dump(task, file)
    with pipeline as p:
        _ = (
            p
            | "Shards" >> beam.Create(names)
            | "Spread" >> beam.Reshuffle()
            | "Run" >> beam.Map(_run, function)
        )
    return [_read_report(name) for name in names]


def _run(name, function):
    with open(f"{name}.task.json") as file:
        task = json.load(file)
    try:
        report = {"report": function(task)}
    except InputError as error:
        # Beam turns an exception into a RuntimeError with a traceback.
        report = {"error": str(error)}
    partial = f"{name}.{uuid.uuid4().hex}"
    with open(partial, "w") as file:
        json.dump(report, file)
    os.replace(partial, f"{name}.report.json")


def _read_report(name):
    try:
        with open(f"{name}.report.json") as file:
            report = json.load(file)
    except FileNotFoundError:
        raise RuntimeError(
            f"The Beam runner reported success but lost the shard "
            f"{os.path.basename(name)}. Run again on the default runner."
        ) from None
    if "error" in report:
        raise InputError(report["error"])
    return report["report"]
