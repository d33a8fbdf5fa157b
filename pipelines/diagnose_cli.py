"""Tells why a distillation helps or does not, from a run's own models.

    tfkd diagnose --pipeline_root=DIR
    tfkd diagnose --pipeline_root=DIR --run_id=RUN --html=PAGE
    tfkd diagnose --config=FILE.py

The first takes teacher, control, student and examples from the newest run in
DIR that has finished them, or from that of --run_id; nothing is trained.

With --config the pipeline runs first, as far as Distillation and Control, in
--pipeline_root or runs/NAME, NAME being the config's pipeline_name: what is
cached there is not trained again, and --dry_run tells what would be. Flags and
fields are those of `tfkd run`.

The examples are those of the eval split: what a diagnosis recommends is a
choice, and the test split takes part in none. The page goes to --html, or
into `runs/` of the pipeline's root.
"""

import contextlib
import datetime
import logging
import os
import pathlib

from tfkd.errors import InputError
from tfkd.pipelines import command_line
from tfkd.pipelines import diagnosed_run
from tfkd.pipelines import plan
from tfkd.pipelines import quiet
from tfkd.pipelines import run
from tfkd.pipelines import settings
from tfkd.pipelines.metadata import history

ENDS = ("Distillation", "Control")
WITHOUT_CONFIG = ("pipeline_root", "metadata_path", "run_id", "help")
REFUSED = ("sweep", "resume", "from_nodes", "to_nodes")


def main(argv):
    """Runs `tfkd diagnose ...`.

    Args:
        argv: Arguments after `diagnose`.

    Returns:
        The exit code.

    Raises:
        InputError: For a user's mistake.
    """
    logging.basicConfig(level=logging.ERROR)
    page, rest = _page(argv)
    values, config, overrides = settings.parse(["tfkd diagnose", *rest])
    if values.help:
        print(f"{__doc__.strip()}\n\nAll flags: tfkd run --help")
        return 0
    _check_flags(values, config)
    _check_page(page)
    if config is not None:
        code = _run(values, config, overrides, argv)
        if code or values.dry_run:
            return code
    _diagnose(values, page)
    return 0


def _page(argv):
    """Takes --html out of the arguments."""
    parser = command_line.ArgumentParser(
        prog="tfkd diagnose", add_help=False, allow_abbrev=False
    )
    parser.add_argument("--html", metavar="PAGE")
    arguments, rest = parser.parse_known_args(argv)
    return arguments.html, rest


def _check_flags(values, config):
    """Refuses the flags that a diagnosis would ignore.

    Raises:
        InputError: If there is one, or nothing to diagnose is named.
    """
    given = [name for name in values if values[name].present]
    if config is None:
        if not values.pipeline_root:
            raise InputError(
                "--pipeline_root of a finished run, or --config, is required "
                "and was not given. Add for example "
                "--pipeline_root=runs/quickstart."
            )
        wrong = [name for name in given if name not in WITHOUT_CONFIG]
        hint = "It belongs to a run: add --config=FILE, or leave it out."
    else:
        wrong = [name for name in given if name in REFUSED]
        hint = "Diagnose one run at a time, with --pipeline_root and --run_id."
    if wrong:
        raise InputError(f"`tfkd diagnose` takes no --{wrong[0]} here. {hint}")


def _check_page(page):
    """Refuses a place for the page before hours of training, not after."""
    if page is None:
        return
    folder = os.path.dirname(os.path.abspath(page))
    if not page or not os.path.isdir(folder) or os.path.isdir(page):
        raise InputError(
            "--html must name a file that can be written, in a directory "
            f"that exists, received {page!r}."
        )


def _run(values, config, overrides, argv):
    """Trains what is not cached, as `tfkd run --to_nodes` does."""
    if not values.pipeline_root:
        values.pipeline_root = os.path.join("runs", config.pipeline_name)
    pipeline, _ = run.create(values, config).part((), ENDS)
    run.check_forced(values, pipeline)
    if values.dry_run:
        run.dry_run(pipeline, overrides, values.force_nodes)
        return 0
    waiting = [
        node.node_id
        for node in plan.plan(pipeline, values.force_nodes)
        if node.state != plan.CACHED
    ]
    told = f"runs {', '.join(waiting)}" if waiting else "all is cached"
    print(f"{values.pipeline_root}: {told}.", flush=True)
    now = datetime.datetime.now()
    values.run_id = values.run_id or now.strftime("%Y%m%d-%H%M%S.%f")
    command = ["tfkd diagnose", *argv]
    return run.run(pipeline, values, config, overrides, command)


def _diagnose(values, page):
    path = values.metadata_path or os.path.join(
        values.pipeline_root, history.FILE
    )
    found = diagnosed_run.find(path, values.run_id)
    print(f"Diagnosis of run {found.run_id} in {values.pipeline_root}\n")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    quiet.install()
    result = diagnosed_run.diagnose(found, values.pipeline_root)
    print(result)
    if page is None:
        folder = pathlib.Path(values.pipeline_root, "runs")
        # Where it cannot be made, saving the page tells so.
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True)
        page = folder / f"{found.run_id}.html"
    result.save(page)
    print(f"\nPage:    {page}")
