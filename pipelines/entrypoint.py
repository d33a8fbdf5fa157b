"""Runs one component on given directories: what a container executes.

    python -m tfkd.pipelines.entrypoint \
        --component=tfkd.components.statistics_gen.component.StatisticsGen \
        --exec_properties='{}' \
        --input examples=/data/examples --output statistics=/data/statistics

Nothing is cached or recorded: that is the orchestrator's work.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
import urllib.parse

from tfkd.components.base import beam
from tfkd.components.base import component as base_component
from tfkd.components.base.executor import ExecutorContext
from tfkd.components.base.spec import Channel
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines import artifact_store
from tfkd.pipelines import command_line
from tfkd.pipelines import interrupts
from tfkd.pipelines import quiet
from tfkd.training import devices


def main(argv=None):
    """Runs a component.

    Args:
        argv: Arguments without the program's name; `sys.argv` if absent.

    Returns:
        Exit code: 0, 1 for a user's mistake, told in one line, or 130 when
        interrupted. SIGTERM, with which containers are stopped, exits with
        143.
    """
    try:
        arguments = _parser().parse_args(argv)
        with interrupts.sigterm_raises():
            _run(arguments)
    except InputError as error:
        print(f"entrypoint: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("entrypoint: interrupted.", file=sys.stderr)
        return 130
    return 0


def _parser():
    parser = command_line.ArgumentParser(
        prog="python -m tfkd.pipelines.entrypoint",
        description="Runs one component on given directories.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--component",
        required=True,
        metavar="MODULE.CLASS",
        help="import path of the component's class",
    )
    parser.add_argument(
        "--exec_properties",
        default="{}",
        metavar="JSON",
        help="the component's parameters",
    )
    for kind, where in (("input", "to read"), ("output", "to write to")):
        parser.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            metavar="KEY=DIR",
            help=f"directory {where}; once for each {kind}",
        )
    parser.add_argument(
        "--node_id", default="", help="the component's name in its pipeline"
    )
    parser.add_argument(
        "--strategy", default="auto", help="where models are trained and run"
    )
    parser.add_argument(
        "--beam_pipeline_arg",
        action="append",
        default=[],
        metavar="--OPTION=VALUE",
        help="option of the component's own Beam pipelines; repeatable",
    )
    return parser


def _run(arguments):
    devices.check(arguments.strategy)
    beam.check(arguments.beam_pipeline_arg)
    kind = _component(arguments.component)
    inputs = _directories("input", arguments.input, kind.SPEC_CLASS.INPUTS)
    outputs = _directories("output", arguments.output, kind.SPEC_CLASS.OUTPUTS)
    for key, path in inputs.items():
        if not os.path.isdir(path):
            raise InputError(
                f"--input {key} must be an existing directory, received "
                f"{path!r}. Give what the component before wrote."
            )
    properties = _checked_properties(kind, arguments.exec_properties, inputs)
    _make_empty(kind, outputs)
    try:
        _execute(kind, arguments, inputs, outputs, properties)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, interrupts.Terminated)):
            interrupts.kill_children()
        # Nobody may take half an output for a whole one.
        for path in outputs.values():
            shutil.rmtree(path, ignore_errors=True)
        raise


def _component(path):
    module, _, name = path.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            "--component must be the import path of a component's class, "
            f"such as tfkd.components.pusher.component.Pusher, received "
            f"{path!r} ({error})."
        ) from error
    if not (
        isinstance(kind, type)
        and issubclass(kind, base_component.BaseComponent)
    ):
        raise InputError(
            f"--component must be a subclass of BaseComponent, received "
            f"{path!r}. Name the component, not its executor or spec."
        )
    return kind


def _directories(kind, items, declared):
    """Returns key to absolute path for repeated `KEY=DIR`."""
    found = {}
    for item in items:
        key, equals, uri = item.partition("=")
        if not equals or not uri:
            raise InputError(f"--{kind} must be KEY=DIR, received {item!r}.")
        if key not in declared:
            raise unknown(kind, key, declared)
        if key in found:
            raise InputError(
                f"--{kind} must name each key once, received {key!r} twice."
            )
        found[key] = os.path.abspath(_local(kind, uri))
    return found


def _local(kind, uri):
    parts = urllib.parse.urlsplit(uri)
    if parts.scheme == "file":
        return urllib.parse.unquote(parts.path)
    if parts.scheme and "://" in uri:
        raise InputError(
            f"--{kind} must be a local directory, received {uri!r}. Mount "
            "the bucket, and give the path below the mount."
        )
    return uri


def _checked_properties(kind, text, inputs):
    try:
        values = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"--exec_properties must be a JSON object ({error}), received "
            f"{text[:80]!r}."
        ) from error
    if not isinstance(values, dict):
        raise InputError(
            f"--exec_properties must be a JSON object, received {text[:80]!r}."
        )
    channels = {
        key: Channel(kind.SPEC_CLASS.INPUTS[key].type) for key in inputs
    }
    try:
        return kind.SPEC_CLASS(**{**values, **channels}).exec_properties
    except (TypeError, ValueError) as error:
        raise InputError(f"{error}") from error


def _make_empty(kind, outputs):
    for key in kind.SPEC_CLASS.OUTPUTS:
        if key not in outputs:
            raise InputError(
                f"{kind.__name__} writes {key!r}, and no directory was given "
                f"for it. Add --output {key}=DIR."
            )
    for key, path in outputs.items():
        if os.path.lexists(path) and not (
            os.path.isdir(path) and not os.listdir(path)
        ):
            raise InputError(
                f"--output {key} must be a new or empty directory, received "
                f"{path!r}. Remove what is there, or give another one."
            )
    for path in outputs.values():
        os.makedirs(path, exist_ok=True)


def _execute(kind, arguments, inputs, outputs, properties):
    quiet.install()
    spec = kind.SPEC_CLASS
    node_id = arguments.node_id or kind.__name__
    with tempfile.TemporaryDirectory(prefix="tfkd-") as folder:
        context = ExecutorContext(
            node_id=node_id,
            tmp_dir=_folder(folder, "tmp"),
            stateful_dir=_folder(folder, "stateful"),
            beam_pipeline_args=tuple(arguments.beam_pipeline_arg),
            strategy=arguments.strategy,
            report=lambda **values: _report(node_id, values),
        )
        kind.executor_class()(context).Do(
            {key: [spec.INPUTS[key].type(p)] for key, p in inputs.items()},
            {key: [spec.OUTPUTS[key].type(p)] for key, p in outputs.items()},
            properties,
        )
    for path in outputs.values():
        artifact_store.write_manifest(path)


def _folder(parent, name):
    path = os.path.join(parent, name)
    os.mkdir(path)
    return path


def _report(node_id, values):
    shown = ", ".join(f"{key} {value}" for key, value in values.items())
    print(f"{node_id}: {shown}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
