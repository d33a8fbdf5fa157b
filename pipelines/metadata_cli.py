"""The commands `tfkd metadata ...`: what ran, and where a file came from."""

import dataclasses
import datetime
import json
import os

from tfkd.errors import InputError
from tfkd.pipelines import garbage
from tfkd.pipelines import tables
from tfkd.pipelines.metadata import history

_EPILOG = """\
examples:
  tfkd metadata runs --pipeline_root=runs/quickstart
  tfkd metadata lineage runs/quickstart/serving/1/model.tflite
  tfkd metadata gc --pipeline_root=runs/quickstart --keep_runs=3 --dry_run
"""


def add_parser(commands, raw_text):
    """Adds `metadata` to the commands of an argument parser.

    Args:
        commands: What `add_subparsers` returned.
        raw_text: A formatter class that keeps line breaks.
    """
    parser = commands.add_parser(
        "metadata",
        help="runs, artifacts, the lineage of a file, garbage collection",
        description="Reads the metadata that every run records.",
        epilog=_EPILOG,
        formatter_class=raw_text,
        allow_abbrev=False,
    )
    kinds = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    runs = _command(kinds, "runs", _runs, "list the runs, newest first")
    artifacts = _command(kinds, "artifacts", _artifacts, "list what was made")
    artifacts.add_argument("--run", metavar="RUN", help="of one run only")
    artifacts.add_argument("--type", metavar="TYPE", help="such as Model")
    lineage = _command(
        kinds, "lineage", _lineage, "tell what a file was made from"
    )
    lineage.add_argument(
        "path", metavar="PATH", help="a file, a directory, or an artifact's id"
    )
    gc = _command(
        kinds, "gc", _gc, "remove outputs that only older runs have used"
    )
    gc.add_argument(
        "--keep_runs",
        type=int,
        required=True,
        metavar="N",
        help="how many of the newest runs keep what they used; the last "
        "outputs of each component stay in any case",
    )
    gc.add_argument(
        "--dry_run", action="store_true", help="show, and remove nothing"
    )
    for command in (runs, artifacts, lineage, gc):
        command.add_argument("--json", action="store_true", help="print JSON")


def _command(kinds, name, action, text):
    parser = kinds.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--pipeline_root",
        metavar="DIR",
        type=os.path.expanduser,
        help="directory of a pipeline that has run",
    )
    parser.add_argument(
        "--metadata_path",
        metavar="FILE",
        type=os.path.expanduser,
        help="the store, where it is not metadata.sqlite in the root",
    )
    parser.set_defaults(action=action)
    return parser


def _path(arguments):
    if arguments.metadata_path:
        return arguments.metadata_path
    if arguments.pipeline_root:
        return os.path.join(arguments.pipeline_root, history.FILE)
    raise InputError(
        "--pipeline_root is required and was not given. Add for example "
        "--pipeline_root=runs/quickstart."
    )


def _print_json(value):
    print(json.dumps(value, indent=1, sort_keys=True))


def _runs(arguments):
    found = history.History(_path(arguments)).runs()
    if arguments.json:
        _print_json([dataclasses.asdict(run) for run in found])
        return
    rows = [("run", "started", "seconds", "components")]
    for run in found:
        start = datetime.datetime.fromtimestamp(run.started / 1000)
        states = list(run.states.values())
        counts = ", ".join(
            f"{states.count(state)} {state}" for state in dict.fromkeys(states)
        )
        seconds = f"{(run.ended - run.started) / 1000:.1f}"
        rows.append((run.run_id, f"{start:%Y-%m-%d %H:%M:%S}", seconds, counts))
    print("\n".join(tables.lines(rows)))


def _artifacts(arguments):
    found = history.History(_path(arguments)).artifacts(arguments.run)
    if arguments.type:
        kinds = sorted({item.type_name for item in found})
        found = [item for item in found if item.type_name == arguments.type]
        if not found:
            raise InputError(
                f"There is no artifact of type {arguments.type!r}. There are: "
                f"{', '.join(kinds) or 'none'}."
            )
    if arguments.json:
        _print_json([_as_dict(item) for item in found])
        return
    rows = [("id", "type", "state", "directory")]
    rows += [
        (str(item.id), item.type_name, item.state.name, item.uri)
        for item in found
    ]
    print("\n".join(tables.lines(rows)))


def _as_dict(artifact):
    return {**dataclasses.asdict(artifact), "state": artifact.state.name}


def _lineage(arguments):
    if (
        arguments.metadata_path
        or arguments.pipeline_root
        or arguments.path.isdecimal()
    ):
        path = _path(arguments)
    else:
        path = history.store_near(arguments.path)
    store = history.History(path)
    origin = store.origin(store.find(arguments.path))
    versions = _versions(path, origin.run_id)
    if arguments.json:
        _print_tree(origin, versions)
        return
    _print_origins(origin)
    if versions:
        told = ", ".join(f"{k} {v}" for k, v in versions.items() if v)
        print(f"\nVersions: {told}")


def _print_tree(origin, versions):
    try:
        _print_json({"versions": versions, **_tree(origin)})
    except RecursionError:
        raise InputError(
            "JSON must hold what an artifact was made from within it, and "
            "that is too deep here: each night went on from the one before. "
            "Leave out --json."
        ) from None


def _tree(origin):
    return {
        "artifact": _as_dict(origin.artifact),
        "component": origin.node_id,
        "run": origin.run_id,
        "parameters": origin.parameters,
        "inputs": {
            key: [_tree(item) for item in items]
            for key, items in origin.inputs.items()
        },
    }


def _print_origins(origin):
    """Prints an artifact, how it was made, and below it what from."""
    told, waiting = set(), [(origin, "", "")]
    while waiting:
        origin, indent, key = waiting.pop()
        _print_artifact(origin.artifact, indent, key)
        indent += "  "
        if origin.artifact.id in told:
            print(f"{indent}see above")
            continue
        told.add(origin.artifact.id)
        print(f"{indent}{origin.artifact.uri}")
        if not origin.node_id:
            print(f"{indent}nothing is recorded of how it was made")
            continue
        print(f"{indent}made by {origin.node_id} in run {origin.run_id}")
        for name, value in origin.parameters.items():
            print(f"{indent}  {name} = {json.dumps(value, sort_keys=True)}")
        below = [
            (item, indent, name)
            for name, items in origin.inputs.items()
            for item in items
        ]
        waiting += reversed(below)


def _print_artifact(artifact, indent, key):
    label = f"{key}: " if key else ""
    state = artifact.state.name
    gone = "" if state == "LIVE" else f" ({state})"
    print(f"{indent}{label}{artifact.type_name} {artifact.id}{gone}")


def _versions(path, run_id):
    """Returns what versions a run recorded beside its store."""
    record = os.path.join(os.path.dirname(path), "runs", f"{run_id}.json")
    try:
        with open(record, encoding="utf-8") as file:
            return json.load(file)["versions"]
    except (OSError, ValueError, KeyError):
        return {}


def _gc(arguments):
    path = _path(arguments)
    history.History(path)  # There must be a store: none is made.
    root = arguments.pipeline_root or os.path.dirname(path)
    found = garbage.collect(
        root, path, keep_runs=arguments.keep_runs, dry_run=arguments.dry_run
    )
    if arguments.json:
        _print_json([{**_as_dict(a), "bytes": size} for a, size in found])
        return
    for artifact, size in found:
        print(f"{size:>14,}  {artifact.type_name}  {artifact.uri}")
    done = "would be removed" if arguments.dry_run else "removed"
    total = sum(size for _, size in found)
    print(f"{len(found)} artifacts {done}, {total:,} bytes.")
