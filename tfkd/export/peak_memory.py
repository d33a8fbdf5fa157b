"""How much memory a file needs, measured in a process of its own."""

import os
import subprocess
import sys

import numpy as np

from tfkd.export import child_process
from tfkd.export import process_memory
from tfkd.export.litert import LiteRTModel
from tfkd.export.litert import runtime


def measure(path, *, timeout=60):
    """Loads a file, runs it once, and returns the memory that this took.

    The growth of the process's resident set, from before loading to its
    peak: the file, the interpreter, tensors, and the kernels' code where it
    is used for the first time. Linux alone tells it.

    Args:
        path: A `.tflite` file.
        timeout: Seconds.

    Returns:
        Bytes.

    Raises:
        RuntimeError: If the process does not end well, or in time.
    """
    command = [sys.executable, "-m", __spec__.name, str(path)]
    search = os.pathsep.join(path for path in sys.path if path)
    try:
        child = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        code, tail = child.returncode, child.stderr.strip()[-2000:]
    except subprocess.TimeoutExpired:
        code, tail = None, ""
    if code != 0:
        raise RuntimeError(
            f"A process that loads {path} and runs it once "
            f"{child_process.ending(code)}. {tail}".strip()
        )
    return int(child.stdout.split()[-1])


def main(path):
    """Answers one request of `measure`; runs in the child."""
    runtime()
    # The peak so far, of importing, is forgotten.
    process_memory.forget_peak()
    before = process_memory.resident()
    model = LiteRTModel(path)
    model.invoke(np.zeros(model.input.shape, model.input.dtype))
    sys.stdout.write(f"{process_memory.peak() - before}\n")


if __name__ == "__main__":
    child_process.end_with_parent()
    main(*sys.argv[1:])
