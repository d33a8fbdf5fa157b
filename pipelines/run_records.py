"""What was asked of each run, in `runs/` of its root; read by `--resume`."""

import importlib.metadata
import json
import os
import pathlib
import platform

from ml_collections import config_dict

from tfkd import __version__
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.pipelines import artifact_store
from tfkd.pipelines import shorts

FOLDER = "runs"
DISTRIBUTIONS = (
    "ai-edge-litert",
    "apache-beam",
    "keras",
    "numpy",
    "tensorflow",
    "tensorflow-datasets",
    "tensorflow-model-optimization",
)


def write(root, run_id, config, overrides, argv):
    """Writes what was asked for, and the versions.

    Args:
        root: The `pipeline_root`; created.
        run_id: Name of the run.
        config: Its `ConfigDict`.
        overrides: Field to value, of those that differ from the config's file.
        argv: The command line.

    Raises:
        InputError: If the root cannot be written to, or the config holds what
            JSON does not.
    """
    artifact_store.check_root(root)
    values = {
        "command": argv[1:],
        "config": config.to_dict(),
        "overrides": overrides,
        "versions": {
            "python": platform.python_version(),
            "tfkd": __version__,
            **{name: _version(name) for name in DISTRIBUTIONS},
        },
    }
    try:
        text = json.dumps(values, indent=1, sort_keys=True)
    except TypeError as error:
        raise InputError(
            f"A config must hold plain values only: {error}. Write it as a "
            "number, a text, a tuple or a ConfigDict."
        ) from error
    artifact_store.write_text(
        os.path.join(root, FOLDER, f"{run_id}.json"), f"{text}\n"
    )


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def resumed(values, config):
    """Returns config and overrides of an earlier run, as it recorded them.

    Args:
        values: The flags; `run_id` becomes that of the earlier run.
        config: The config that was given, which must be `None`.

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
    if not values.pipeline_root:
        raise InputError(
            "--pipeline_root is required and was not given. Add "
            "--pipeline_root=runs/quickstart, or see --help."
        )
    folder = pathlib.Path(values.pipeline_root, FOLDER)
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
    return _read(found[run_id])


def _read(path):
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        config = config_dict.ConfigDict(_tuples(record["config"]))
        return config.lock(), _tuples(record["overrides"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} must be the record of a run, and cannot be read "
            f"({type(error).__name__}: {error}). Name another run with "
            "--run_id, or start one with --config=FILE."
        ) from error


def _tuples(value):
    """Undoes what JSON does to tuples; configs hold no lists."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
