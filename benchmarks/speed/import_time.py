"""What `import tfkd` adds to `import keras`."""

import os
import subprocess
import sys
import time

import numpy as np

from benchmarks.speed import harness
from benchmarks.speed import markdown

TITLE = "Import time"
STATEMENTS = {
    "import keras": "import keras",
    "import keras, tfkd": "import keras, tfkd",
    "import keras, tfkd, tfkd.methods": "import keras, tfkd, tfkd.methods",
}


def settings(quick):
    """Returns what the numbers depend on."""
    return {"rounds": 1 if quick else 7, "statements": list(STATEMENTS)}


def units(settings):
    """Returns the only one."""
    return ["import"]


def measure(unit, settings):
    """Imports in fresh processes, in turns."""
    candidates = {n: _process(s) for n, s in STATEMENTS.items()}
    return harness.interleave(candidates, settings["rounds"])


def _process(statement):
    def run():
        start = _now()
        subprocess.run(
            [sys.executable, "-c", statement],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
        return _now() - start

    return run


def _now():
    """Returns CPU seconds of finished children, and those on the wall."""
    times = os.times()
    used = times.children_user + times.children_system
    return np.array([used, time.perf_counter()])


def section(results, settings):
    """Returns the table."""
    seconds = results["import"]
    base = seconds["import keras"]
    rows = [
        [
            f"`{name}`",
            f"{harness.median(seconds[name]):.2f} s",
            f"{harness.median(seconds[name], 'wall'):.2f} s",
            markdown.ratio(harness.ratio(seconds[name], base)),
        ]
        for name in STATEMENTS
    ]
    return "\n".join(
        [
            "A fresh process from its start to its end, files in the cache.",
            "",
            markdown.table(["", "CPU time", "wall", "ratio"], rows),
        ]
    )
