"""How long one invocation takes, measured in a fresh child process.

The child imports NumPy and `ai_edge_litert` only. Files take turns in short
blocks, so a busy moment of the machine falls on all of them and their ratios
stay fair. This machine is not a phone: compare, do not promise.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

from tfkd.errors import InputError
from tfkd.export import child_process
from tfkd.export.litert import LiteRTModel

# Name of a setting to the arguments of `LiteRTModel`.
SETTINGS = {
    "threads_1": {"num_threads": 1},
    "threads_2": {"num_threads": 2},
    "threads_1_no_xnnpack": {"num_threads": 1, "xnnpack": False},
}
WARM_UP = 20
# Long enough for a file's constants to be in the CPU's cache again.
_BLOCK = 10


def measure(
    paths, *, runs=200, settings=tuple(SETTINGS), tmp_dir=None, timeout=600
):
    """Measures all files in one child process.

    Args:
        paths: Name to the path of a `.tflite` file.
        runs: Timed invocations of each file.
        settings: Names in `SETTINGS` to measure with.
        tmp_dir: Scratch directory; the system's one by default.
        timeout: Seconds for everything.

    Returns:
        Name to `{"threads_1": {"median", "p90", "runs"}, ...}`, milliseconds.

    Raises:
        InputError: If `runs` is below 1.
        RuntimeError: If the child fails.
    """
    if runs < 1:
        raise InputError(f"Latency needs at least 1 run, received {runs}.")
    paths = {name: str(path) for name, path in paths.items()}
    with tempfile.TemporaryDirectory(dir=tmp_dir) as scratch:
        request = pathlib.Path(scratch, "request.json")
        response = pathlib.Path(scratch, "response.json")
        values = {"paths": paths, "runs": runs, "settings": list(settings)}
        request.write_text(json.dumps(values))
        command = [sys.executable, "-m", __spec__.name, request, response]
        search = os.pathsep.join(path for path in sys.path if path)
        try:
            child = subprocess.run(
                command,
                env={**os.environ, "PYTHONPATH": search},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"Measuring latency took more than {timeout} s. Ask for fewer "
                f"than {runs} runs, or free the machine."
            ) from error
        if child.returncode or not response.exists():
            tail = child.stderr.decode(errors="replace").strip()[-2000:]
            raise RuntimeError(
                f"The process that measures latency ended with code "
                f"{child.returncode}. Its last words:\n{tail or '(none)'}"
            )
        return json.loads(response.read_text())


def summarize(milliseconds):
    """Returns median, 90th percentile and number of measurements."""
    return {
        "median": float(np.median(milliseconds)),
        "p90": float(np.percentile(milliseconds, 90)),
        "runs": len(milliseconds),
    }


def main(request_path, response_path):
    """Answers one request of `measure`; runs in the child."""
    request = json.loads(pathlib.Path(request_path).read_text())
    results = {name: {} for name in request["paths"]}
    for setting in request["settings"]:
        times = _times(request["paths"], request["runs"], SETTINGS[setting])
        for name, values in times.items():
            results[name][setting] = summarize(values)
    pathlib.Path(response_path).write_text(json.dumps(results))


def _times(paths, runs, options):
    """Returns name to the milliseconds of each run, taken in turns."""
    models = {n: LiteRTModel(path, **options) for n, path in paths.items()}
    inputs = {name: _input(model) for name, model in models.items()}
    times = {name: [] for name in models}
    for name, model in models.items():
        for _ in range(WARM_UP):
            model.invoke(inputs[name])
    for start in range(0, runs, _BLOCK):
        for name, model in models.items():
            # The first one after the others is a warm-up again.
            model.invoke(inputs[name])
            for _ in range(min(_BLOCK, runs - start)):
                begin = time.perf_counter_ns()
                model.invoke(inputs[name])
                times[name].append((time.perf_counter_ns() - begin) / 1e6)
    return times


def _input(model):
    values = np.random.default_rng(0).uniform(0, 255, model.input.shape)
    return model.input.quantize(values)


if __name__ == "__main__":
    child_process.end_with_parent()
    main(*sys.argv[1:])
