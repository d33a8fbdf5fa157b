"""Shards through Beam: Beam moves shard names, tf.data moves records.

A runner may lose or repeat elements and still report success; several of
Beam's were measured to. So every shard counts its records and hashes what it
wrote, and `map_shards` believes nothing that it has not compared.
"""

import collections
import contextlib
import hashlib
import json
import os
import threading
import time
import uuid

from tfkd.errors import InputError

COUNTS = ("records_in", "records_out")
_POLL_SECONDS = 0.5
_STARTED = "started"
_STOPPED = "stopped"
_TALLY = "tally.json"
_ADVICE = (
    "Run the same command again; if it fails again, leave out "
    "--beam_pipeline_arg, so that the work is done in this process."
)


def map_shards(
    pipeline, function, tasks, work_dir, *, target=None, progress=None
):
    """Runs `function` once a task, spread out by Beam, and checks all of it.

    Tasks and reports travel as JSON files; Beam moves their names and, of
    each report, its SHA-256. Retries within the runner are allowed: what it
    commits in the end must hold every task once.

    Args:
        pipeline: A Beam pipeline, not yet run.
        function: Module-level function, from a task to a report (both
            JSON-able dicts). A report has `records_in` and `records_out`
            (numbers of records read and written) and `sha256` (of what was
            written, or of what was computed from the records). Both numbers
            must be equal, and equal to the task's `count` where it has one.
        tasks: One dict a shard.
        work_dir: Directory for the files, seen by all workers. Each call has
            a folder of its own in it.
        target: Key under which a task names the file that `function` writes:
            the file must then have the reported `sha256`.
        progress: Called as `progress(done, total)` as shards are finished.

    Returns:
        The reports in the order of the tasks.

    Raises:
        InputError: The first one that `function` raised, or if no worker
            begins within `--shard_start_timeout_s`.
        RuntimeError: If the runner or a worker lost or repeated something.
    """
    if not tasks:
        return []
    # Late workers of an earlier call must not be taken for this one's.
    work_dir = os.path.join(work_dir, uuid.uuid4().hex)
    os.makedirs(work_dir)
    names = [f"{work_dir}/{number:05d}" for number in range(len(tasks))]
    for name, task in zip(names, tasks):
        _write_json(f"{name}.task.json", task)
    _declare(pipeline, function, names, work_dir)
    watch = _Watch(pipeline, work_dir, len(tasks), progress)
    try:
        _run_watched(pipeline, watch)
    except BaseException as error:
        if not os.path.exists(os.path.join(work_dir, _STARTED)):
            error.add_note(
                f"No worker had begun on {watch.runner}. Where its options "
                "name addresses, of a job service, a worker pool or a "
                "scheduler, see that these are running and can be reached."
            )
        # Shards that wait their turn in other threads or processes.
        with contextlib.suppress(OSError):
            _touch(os.path.join(work_dir, _STOPPED))
        raise
    reports = _committed_reports(names, work_dir, watch.runner)
    for task, report in zip(tasks, reports):
        _check(task, report, target, watch.runner)
    return reports


def file_sha256(path):
    """Returns the SHA-256 of a file's content, for a report."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def json_sha256(value):
    """Returns the SHA-256 of a JSON value, for a report without a file."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _declare(pipeline, function, names, work_dir):
    """Adds the steps: one chain, without side inputs.

    Dask's runner computes the last leaf alone, and repeats what a side input
    depends on.
    """
    import apache_beam as beam

    _ = (
        pipeline
        | "Shards" >> beam.Create(names)
        | "Spread" >> beam.Reshuffle()
        | "Run" >> beam.Map(_run, function)
        | "Gather"
        >> beam.CombineGlobally(
            beam.combiners.ToListCombineFn()
        ).without_defaults()
        | "Tally" >> beam.Map(_write_tally, os.path.join(work_dir, _TALLY))
    )


def _run(name, function):
    """Does one task; returns (its name, the report's SHA-256)."""
    folder = os.path.dirname(name)
    if os.path.exists(os.path.join(folder, _STOPPED)):
        raise RuntimeError("The step was stopped before this shard began.")
    task = _read_task(name)
    _touch(os.path.join(folder, _STARTED))
    try:
        report = {"report": function(task)}
    except InputError as error:
        # Beam turns an exception into a RuntimeError with a traceback.
        report = {"error": str(error)}
    return name, _write_json(f"{name}.report.json", report)


def _read_task(name):
    try:
        with open(f"{name}.task.json", encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise RuntimeError(
            f"A Beam worker must see the directory {os.path.dirname(name)}, "
            f"and on {os.uname().nodename} there is none. Put pipeline_root "
            "and the data on a file system that all workers mount at the same "
            "place."
        ) from None


def _write_tally(tally, path):
    _write_json(path, sorted(tally))


class _Watch:
    """What the caller of a running pipeline looks at now and then."""

    def __init__(self, pipeline, work_dir, total, progress):
        from tfkd.data import shard_options

        self.runner = type(pipeline.runner).__name__
        self._folder = work_dir
        self._total = total
        self._progress = progress or (lambda done, total: None)
        self._done = 0
        self._begin = time.monotonic()
        options = pipeline.options.view_as(shard_options.ShardOptions)
        self._limit = options.shard_start_timeout_s

    def look(self):
        """Reports progress; fails if nothing has begun after too long."""
        files = os.listdir(self._folder)
        waited = time.monotonic() - self._begin
        if _STARTED not in files and waited > self._limit:
            raise InputError(
                f"A Beam worker must begin within {self._limit:g} seconds, "
                f"none did on {self.runner}. Look into the logs of its "
                "workers: they need the same Python packages; a worker pool "
                "starts the first `python` in its PATH. For more time add "
                "--beam_pipeline_arg=--shard_start_timeout_s=SECONDS."
            )
        done = sum(name.endswith(".report.json") for name in files)
        if done != self._done:
            self._done = done
            self._progress(done, self._total)


def _run_watched(pipeline, watch):
    """Runs the pipeline in a thread, for some runners block for ever."""
    state = {}

    def run():
        try:
            state["result"] = pipeline.run()
            state["result"].wait_until_finish()
        # To be raised where the caller can see it.
        except BaseException as error:
            state["error"] = error

    thread = threading.Thread(target=run, name="beam", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_POLL_SECONDS)
            watch.look()
    except BaseException:
        if "result" in state:
            state["result"].cancel()
        raise
    finally:
        _close(state.get("result"))
    if "error" in state:
        raise state["error"]


def _close(result):
    """Closes Dask's client, which would try for ever to connect again."""
    client = getattr(result, "client", None)
    if client is not None:
        client.close()


def _committed_reports(names, work_dir, runner):
    """Returns the reports, each task's exactly once and as it was committed."""
    tally = _read_json(os.path.join(work_dir, _TALLY)) or []
    times = collections.Counter(name for name, _ in tally)
    for name in names:
        if times[name] != 1:
            what = f"came out {times[name]} times" if times[name] else "is lost"
            raise RuntimeError(
                f"{runner} ended with success, but of {len(names)} shards "
                f"number {os.path.basename(name)} {what}. {_ADVICE}"
            )
    return [_read_report(name, digest, runner) for name, digest in tally]


def _read_report(name, digest, runner):
    path = f"{name}.report.json"
    report = _read_json(path)
    if report is None or file_sha256(path) != digest:
        raise RuntimeError(
            f"The report of shard {os.path.basename(name)} must be the one "
            f"that {runner} committed, it is missing or another: two attempts "
            "at the shard gave different results, or this machine and the "
            f"workers do not see the same {os.path.dirname(name)}. {_ADVICE}"
        )
    if "error" in report:
        raise InputError(report["error"])
    return report["report"]


def _check(task, report, target, runner):
    expected = task.get("count", report["records_in"])
    where = task[target] if target else task.get("source", "a shard")
    counts = [report[key] for key in COUNTS]
    if counts != [expected, expected]:
        raise RuntimeError(
            f"{where} must give {expected} records, {counts[0]} were read and "
            f"{counts[1]} came out on {runner}. {_ADVICE}"
        )
    if target is None:
        return
    path = task[target]
    if not os.path.exists(path) or file_sha256(path) != report["sha256"]:
        raise RuntimeError(
            f"{path} must be as the worker wrote it, it is missing or has "
            f"another SHA-256 than was reported on {runner}. {_ADVICE}"
        )


def _write_json(path, value):
    """Writes a file that appears when complete; returns its SHA-256."""
    data = json.dumps(value).encode()
    partial = f"{path}.{uuid.uuid4().hex}"
    with open(partial, "wb") as file:
        file.write(data)
    os.replace(partial, path)
    return hashlib.sha256(data).hexdigest()


def _read_json(path):
    """Returns a file's value, `None` without a file."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def _touch(path):
    with open(path, "a", encoding="utf-8"):
        pass
