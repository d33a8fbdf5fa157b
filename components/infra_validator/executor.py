"""Runs `InfraValidator`."""

import json
import pathlib

from tfkd.components.base.executor import BaseExecutor
from tfkd.data import records
from tfkd.export import inspect
from tfkd.export import latency
from tfkd.export import layer_error
from tfkd.export import package
from tfkd.export import peak_memory
from tfkd.metrics import gates
from tfkd.metrics import infra_gates

# The file that others are compared with: of the same student, in float.
REFERENCE = "float32"


class Executor(BaseExecutor):
    """Measures every file, and judges the one that is to be pushed."""

    def Do(self, input_dict, output_dict, exec_properties):
        folder = pathlib.Path(input_dict["tflite"][0].uri)
        variant = exec_properties["variant"]
        paths = _paths(folder, variant)
        files = {name: _facts(folder / name) for name in paths}
        checks, failure = [], ""
        try:
            self._measure(files, paths, input_dict, exec_properties)
        except RuntimeError as error:
            failure = f"{variant} could not be run. {error}"
        else:
            failure = _unmeasured(exec_properties, files[variant])
        if not failure:
            measured = {"judged": files[variant], "reference": files[REFERENCE]}
            checks = gates.check(
                infra_gates.GATES, exec_properties["thresholds"], measured
            )
        values = {
            "blessed": not failure and all(c["passed"] for c in checks),
            "checks": checks,
            "failure": failure,
            "files": files,
            "message": failure or _message(checks),
            "variant": variant,
        }
        _write(output_dict["blessing"][0], input_dict["tflite"][0], values)
        self.context.report(fraction=1.0, message=values["message"])

    def _measure(self, files, paths, input_dict, properties):
        """Adds to `files` what only running them tells."""
        variant, timeout = properties["variant"], properties["timeout_s"]
        for name in _judged(properties):
            self.context.report(fraction=0.1, message=f"{name}: memory")
            files[name]["memory_bytes"] = peak_memory.measure(
                paths[name], timeout=timeout
            )
        self.context.report(fraction=0.2, message=f"{variant}: layers")
        _, images, _ = records.load_arrays(
            input_dict["examples"][0].uri, "eval"
        )
        files[variant]["layer_errors"] = layer_error.measure(
            paths[variant],
            paths[REFERENCE],
            images[: properties["layer_images"]],
        )
        self.context.report(fraction=0.4, message="latency")
        for name, entry in self._times(paths, properties).items():
            files[name]["latency_ms"] = entry

    def _times(self, paths, properties):
        """Measures all files, or those that are judged where another fails."""

        def measure(some):
            return latency.measure(
                some,
                runs=properties["latency_runs"],
                tmp_dir=self.context.tmp_dir or None,
                timeout=properties["timeout_s"],
            )

        needed = {name: paths[name] for name in _judged(properties)}
        try:
            return measure(paths)
        except RuntimeError as error:
            if len(needed) == len(paths):
                raise
            self.context.report(
                message=f"not all files could be timed ({error}): "
                f"{' and '.join(needed)} alone"
            )
        return measure(needed)


def _judged(properties):
    """Returns the names of the judged file and of its float twin."""
    return tuple(dict.fromkeys((properties["variant"], REFERENCE)))


def _unmeasured(properties, facts):
    """Says which bound cannot be judged; empty if all can."""
    bound = "min_layer_sqnr_db"
    if bound not in properties["thresholds"] or facts["layer_errors"]:
        return ""
    return (
        f"{bound} needs layers to compare, and {properties['variant']} shares "
        f"no name of a layer with {REFERENCE}, as after a recipe that trains. "
        "Leave that bound out, and bound max_accuracy_drop."
    )


def _paths(folder, variant):
    """Returns each file's name to its path."""
    paths = {
        path.parent.name: path for path in sorted(folder.glob("*/model.tflite"))
    }
    for name in (variant, REFERENCE):
        if name not in paths:
            raise package.unknown_variant(name, paths, folder)
    return paths


def _facts(folder):
    """Returns what a file is, without running it."""
    description = package.read_description(folder)
    inspection = inspect(folder / "model.tflite")
    return {
        "bytes": description["bytes"],
        "float_ops": list(inspection.float_ops),
        "fully_integer": inspection.fully_integer,
        "gpu_rejects": [
            f"{op.name} ({op.reason})" for op in inspection.gpu_rejects
        ],
        "gzip_bytes": description["gzip_bytes"],
        "operations": inspection.op_counts,
        "sha256": description["sha256"],
    }


def _message(checks):
    if not checks:
        return "Blessed: it runs, and no threshold was given."
    return gates.message(checks)


def _write(artifact, tflite, values):
    folder = pathlib.Path(artifact.uri)
    blessed = values["blessed"]
    (folder / ("INFRA_BLESSED" if blessed else "INFRA_NOT_BLESSED")).touch()
    text = json.dumps(values, indent=1, sort_keys=True)
    (folder / "infra_validation.json").write_text(text + "\n")
    artifact.set_int_custom_property("blessed", blessed)
    artifact.set_string_custom_property("current_tflite", tflite.uri)
    if tflite.id is not None:
        artifact.set_int_custom_property("current_tflite_id", tflite.id)
