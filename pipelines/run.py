"""Runs a pipeline.

    python -m tfkd.pipelines.run --config=FILE.py --pipeline_root=DIR

    --config=configs/quickstart.py:quick        shrinks it to a smoke test
    --config.distillation.method=fitnet         overrides a field
    --dry_run                                   shows what would run
    --sweep=distillation.temperature=1,2,4      one run a value
    --resume                                    without --config: the last
                                                run's config once more

Exit codes: 0, 1 for a failure or a user's mistake, 130 when interrupted, 143
after SIGTERM.
"""

import datetime
import logging
import os
import pathlib
import re
import sys
import traceback

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines import artifact_store
from tfkd.pipelines import distillation_pipeline
from tfkd.pipelines import launcher
from tfkd.pipelines import metadata
from tfkd.pipelines import plan
from tfkd.pipelines import quiet
from tfkd.pipelines import results
from tfkd.pipelines import run_records
from tfkd.pipelines import runners
from tfkd.pipelines import served
from tfkd.pipelines import settings
from tfkd.pipelines import sweep
from tfkd.pipelines import tables
from tfkd.pipelines import workers
from tfkd.pipelines.progress import ProgressView
from tfkd.pipelines.progress import say

RUN_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
AGAIN = (
    "Finished components keep their outputs; run the same command again to "
    "continue."
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
            say(f"{__doc__.strip()}\n\n{settings.help_text(values, config)}")
            return 0
        if values.resume:
            config, overrides = run_records.resumed(values, config)
        if values.sweep:
            return run_sweep(argv, values, config)
        pipeline, finished = part(values, create(values, config))
        if values.dry_run:
            dry_run(pipeline, overrides, values.force_nodes, finished)
            return 0
    except InputError as error:
        return _mistake(error)
    except KeyboardInterrupt:
        return _interrupted()
    return run(pipeline, values, config, overrides, argv, finished)


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
    artifact_store.check_root(pipeline.pipeline_root, create=False)
    # In the root, it is written where that is.
    if os.path.dirname(pipeline.metadata_path) != pipeline.pipeline_root:
        metadata.check_place(pipeline.metadata_path)
    return pipeline


def part(values, pipeline):
    """Returns what the flags choose of a pipeline; see `Pipeline.part`.

    Raises:
        InputError: If nothing is left of it, or a component must run that
            is not in it.
    """
    chosen, finished = pipeline.part(values.from_nodes, values.to_nodes)
    check_forced(values, chosen)
    return chosen, finished


def check_forced(values, pipeline):
    """Raises an `InputError` if a part lacks a component of --force_nodes."""
    for id in values.force_nodes:
        if id not in pipeline.node_ids:
            raise InputError(
                f"--force_nodes must name components that run, received {id}, "
                f"and the run ends before it: {', '.join(pipeline.node_ids)}. "
                "Leave it out, or name it in --to_nodes."
            )


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
        say(f"config.{field} = {value!r}")
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
        say(line)
        if node and node.state == plan.RUN:
            say(f"{'':{width}}  because {node.reason}")
    cached = sum(node.state == plan.CACHED for node in planned)
    say(
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
        point.number: part(values, create(values, point.config))
        for point in points
    }
    if values.dry_run:
        for point in points:
            say(f"\nPoint {point.number}/{len(points)}: {point.text}")
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
    root = pipeline.pipeline_root
    run_records.write(root, run_id, config, overrides, argv)
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
    say(outcome(result))
    return 0


def explain(result):
    """Prints for each component why it ran or did not."""
    for id, node in result.nodes.items():
        why = f", {node.message}" if node.message else ""
        say(f"{id}: {node.state}{why}")
    say()


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


if __name__ == "__main__":
    sys.exit(main())
