"""Runs a pipeline.

    python -m tfkd.pipelines.run --config=FILE.py --pipeline_root=DIR

    --config=configs/quickstart.py:quick        shrinks it to a smoke test
    --config.distillation.method=fitnet         overrides a field
    --dry_run                                   shows what would run
    --sweep=distillation.temperature=1,2,4      one run a value
    --resume                                    without --config: the last
                                                run's config once more

Exit codes: 0, 1 for a failure or a user's mistake, 130 when interrupted.
"""

import datetime
import importlib.metadata
import json
import logging
import os
import pathlib
import platform
import re
import sys
import traceback

from ml_collections import config_dict

from tfkd import __version__
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines import artifact_store
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import launcher
from tfkd.pipelines import plan
from tfkd.pipelines import quiet
from tfkd.pipelines import results
from tfkd.pipelines import runners
from tfkd.pipelines import served
from tfkd.pipelines import settings
from tfkd.pipelines import shorts
from tfkd.pipelines import sweep
from tfkd.pipelines import tables
from tfkd.pipelines import workers
from tfkd.pipelines.progress import ProgressView

RUN_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
AGAIN = (
    "Finished components keep their outputs; run the same command again to "
    "continue."
)
RECORDED = (
    "ai-edge-litert",
    "apache-beam",
    "keras",
    "numpy",
    "tensorflow",
    "tensorflow-datasets",
    "tensorflow-model-optimization",
)


def main(argv=None):
    """Parses, checks, runs and reports.

    Args:
        argv: Program name and arguments; `sys.argv` if absent.

    Returns:
        The exit code.
    """
    argv = list(sys.argv if argv is None else argv)
    # Beam and TFDS warn about clients that nothing here needs.
    logging.basicConfig(level=logging.ERROR)
    try:
        values, config, overrides = settings.parse(argv)
        if values.help:
            print(f"{__doc__.strip()}\n\n{settings.help_text(values, config)}")
            return 0
        if values.resume:
            config, overrides = resumed(values, config)
        if values.sweep:
            return run_sweep(argv, values, config)
        whole = create(values, config)
        pipeline, finished = whole.part(values.from_nodes, values.to_nodes)
        if values.dry_run:
            dry_run(pipeline, overrides, values.force_nodes, finished)
            return 0
    except InputError as error:
        return _mistake(error)
    return run(pipeline, values, config, overrides, argv, finished)


def resumed(values, config):
    """Returns config and overrides of an earlier run, as it recorded them.

    Raises:
        InputError: If there is none, or a config or a flag that would change
            one is given as well.
    """
    if config is not None:
        raise InputError(
            "--resume takes the config of an earlier run, received --config "
            "as well. Leave out one of them."
        )
    for name in ("sweep", *shorts.FIELDS):
        if values[name].present:
            raise InputError(
                "--resume runs the config of an earlier run as it was, "
                f"received --{name} as well. Leave it out, or give the whole "
                "command again, which is in DIR/runs."
            )
    _required("pipeline_root", values.pipeline_root, "runs/quickstart")
    folder = pathlib.Path(values.pipeline_root, "runs")
    records = sorted(folder.glob("*.json"), key=os.path.getmtime)
    found = {path.stem: path for path in records}
    if not found:
        raise InputError(
            f"--resume needs an earlier run in {values.pipeline_root}, and "
            "there is none. Start one with --config=FILE."
        )
    run_id = values.run_id or records[-1].stem
    if run_id not in found:
        raise unknown("run", run_id, found)
    values.run_id = run_id
    record = json.loads(found[run_id].read_text(encoding="utf-8"))
    config = config_dict.ConfigDict(_tuples(record["config"]))
    return config.lock(), _tuples(record["overrides"])


def _tuples(value):
    """Undoes what JSON does to tuples; configs hold no lists."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _required(name, value, example):
    if not value:
        raise InputError(
            f"--{name} is required and was not given. Add "
            f"--{name}={example}, or see --help."
        )


def create(values, config):
    """Returns the checked `Pipeline` that flags and config describe."""
    _required("config", config, "configs/quickstart.py")
    _required("pipeline_root", values.pipeline_root, "runs/quickstart")
    if values.run_id is not None and not re.fullmatch(RUN_ID, values.run_id):
        raise InputError(
            "--run_id must be letters, digits, '_', '-' and '.', beginning "
            f"with a letter or digit, received {values.run_id!r}."
        )
    pipeline = distillation_pipeline.create(
        config,
        values.pipeline_root,
        metadata_path=values.metadata_path,
        enable_cache=not values.no_cache,
        beam_pipeline_args=values.beam_pipeline_arg,
        strategy=values.strategy,
    )
    for id in (*values.force_nodes, *timeouts(values.timeout_s)):
        if id is not None and id not in pipeline.node_ids:
            raise unknown("component", id, pipeline.node_ids)
    return pipeline


def timeouts(texts):
    """Returns component id, or None for all others, to seconds.

    Args:
        texts: The values of --timeout_s.

    Raises:
        InputError: If one is no number of seconds.
    """
    limits = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            limits[name or None] = float(number)
        except ValueError:
            limits[name or None] = 0.0
        if not 0 < limits[name or None] < float("inf"):
            raise InputError(
                "--timeout_s must be a number of seconds above 0, or "
                f"COMPONENT=SECONDS, received {text!r}."
            )
    return limits


def dry_run(pipeline, overrides, force_nodes=(), finished_nodes=()):
    """Prints the checked graph and what a run would do with each node.

    Raises:
        InputError: If one of `finished_nodes` would have to run.
    """
    for field, value in overrides.items():
        print(f"config.{field} = {value!r}")
    planned = plan.plan(pipeline, force_nodes)
    for node in planned:
        if node.node_id in finished_nodes and node.state != plan.CACHED:
            raise launcher.unfinished(node.node_id, node.reason)
    rows = [("component", "state", "reads")]
    for node in planned:
        sources = ", ".join(node.inputs.values()) or "-"
        rows.append((node.node_id, node.state, sources))
    width = max(len(row[0]) for row in rows)
    for line, node in zip(tables.lines(rows), [None, *planned]):
        print(line)
        if node and node.state == plan.RUN:
            print(f"{'':{width}}  because {node.reason}")
    cached = sum(node.state == plan.CACHED for node in planned)
    print(
        f"\n{pipeline.pipeline_name}: {len(planned)} components, {cached} "
        f"cached in {pipeline.pipeline_root}. Nothing was run."
    )


def run_sweep(argv, values, config):
    """Checks every point of a sweep, then runs them; returns the exit code.

    Raises:
        InputError: If a point cannot run, before any does.
    """
    _required("config", config, "configs/quickstart.py")
    _required("pipeline_root", values.pipeline_root, "runs/quickstart")
    name, points = sweep.points(argv, values, config)
    parts = {
        point.number: create(values, point.config).part(
            values.from_nodes, values.to_nodes
        )
        for point in points
    }
    if values.dry_run:
        for point in points:
            print(f"\nPoint {point.number}/{len(points)}: {point.text}")
            pipeline, finished = parts[point.number]
            dry_run(pipeline, {}, values.force_nodes, finished)
        return 0

    def run_point(point):
        pipeline, finished = parts[point.number]
        result = execute(
            pipeline,
            values,
            point.config,
            point.overrides,
            argv,
            finished,
            point.run_id,
        )
        if values.explain_cache:
            explain(result)
        return result

    try:
        with workers.started(values.strategy):
            return sweep.run(name, points, values, run_point)
    except KeyboardInterrupt:
        return _interrupted()


def execute(
    pipeline, values, config, overrides, argv, finished_nodes=(), run_id=None
):
    """Runs the pipeline; returns its `RunResult`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    quiet.install()
    if run_id is None:
        now = datetime.datetime.now()
        run_id = values.run_id or now.strftime("%Y%m%d-%H%M%S.%f")
    kinds = {
        "beam": runners.BeamDagRunner,
        "local": runners.LocalDagRunner,
    }
    runner = kinds[values.runner](
        progress=ProgressView(quiet=values.quiet),
        force_nodes=values.force_nodes,
        finished_nodes=finished_nodes,
        timeouts=timeouts(values.timeout_s),
    )
    record(pipeline.pipeline_root, run_id, config, overrides, argv)
    return runner.run(pipeline, run_id=run_id)


def run(pipeline, values, config, overrides, argv, finished_nodes=()):
    """Runs the pipeline and prints the outcome; returns the exit code."""
    try:
        with workers.started(values.strategy):
            result = execute(
                pipeline, values, config, overrides, argv, finished_nodes
            )
    except InputError as error:
        return _mistake(error, AGAIN if _began(error) else "")
    except KeyboardInterrupt:
        return _interrupted()
    # Not a user's mistake: all that is known about it is worth showing.
    except Exception as error:
        traceback.print_exc()
        _say(f"{type(error).__name__}: see above. {AGAIN}")
        return 1
    if values.explain_cache:
        explain(result)
    print(outcome(result))
    return 0


def record(root, run_id, config, overrides, argv):
    """Writes what was asked for, and the versions, to `runs/` in the root."""
    artifact_store.check_root(root)
    folder = pathlib.Path(root, "runs")
    folder.mkdir(exist_ok=True)
    values = {
        "command": argv[1:],
        "config": config.to_dict(),
        "overrides": overrides,
        "versions": {
            "python": platform.python_version(),
            "tfkd": __version__,
            **{name: _version(name) for name in RECORDED},
        },
    }
    text = json.dumps(values, indent=1, sort_keys=True)
    (folder / f"{run_id}.json").write_text(text + "\n", encoding="utf-8")


def explain(result):
    """Prints for each component why it ran or did not."""
    for id, node in result.nodes.items():
        why = f", {node.message}" if node.message else ""
        print(f"{id}: {node.state}{why}")
    print()


def outcome(result):
    """Returns the summary, where the files are, and what was cached."""
    report, pushed = [], []
    for node in result.nodes.values():
        if "report" in node.outputs:
            folder = pathlib.Path(node.outputs["report"])
            summary = (folder / "summary.txt").read_text(encoding="utf-8")
            report += ["", summary, f"Report:  {folder / 'report.html'}"]
        if "pushed" in node.outputs:
            pushed.append(served.line(node.outputs["pushed"]))
    total, cached = len(result.nodes), result.count(results.CACHED)
    if cached == total:
        text = f"Everything was cached: {total} components"
    else:
        text = f"{total - cached} components ran, {cached} were cached,"
    text += f" in {result.seconds:.1f} s."
    return "\n".join([*report, *pushed, text])


def _began(error):
    """Whether a run's components were launched before this error."""
    return getattr(error, "run_result", None) is not None


def _interrupted():
    print(f"\ntfkd: interrupted. {AGAIN}", file=sys.stderr)
    return 130


def _mistake(error, hint=""):
    _say(f"{error} {hint}")
    return 1


def _say(text):
    print(f"tfkd: {' '.join(text.split())}", file=sys.stderr)


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
