"""Measures what is missing, and writes the page.

    python -m benchmarks.speed                         # what is missing
    python -m benchmarks.speed --only=growth --again   # this once more
    python -m benchmarks.speed --only=growth "--units=at;rkd"
    python -m benchmarks.speed --page                  # only the page
    python -m benchmarks.speed --quick                 # two minutes

Every unit is saved as it is made, so that an interrupted run goes on. Results
of `--quick` stay under `runs/`.
"""

import argparse
import importlib
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rich.progress import track

from benchmarks import provenance
from benchmarks.speed import harness
from benchmarks.speed import page
from benchmarks.speed import store as store_lib
from tfkd.errors import InputError
from tfkd.errors import unknown

ROOT = pathlib.Path(__file__).parents[2]
FOLDERS = {False: ROOT / "docs/results", True: ROOT / "runs/bench_quick"}
LOCK = ROOT / "runs/speed.lock"
COMMANDS = {False: "make bench", True: "make bench-quick"}
MEASUREMENTS = (
    "training_step",
    "peak_memory",
    "methods",
    "own_cases",
    "growth",
    "cache_growth",
    "input_pipeline",
    "import_time",
    "phone",
    "peers",
)


def main(argv=None):
    """Runs the command line."""
    arguments = _parse(argv)
    measurements = {
        name: importlib.import_module(f"benchmarks.speed.{name}")
        for name in MEASUREMENTS
    }
    folder = FOLDERS[arguments.quick]
    store = store_lib.Store(folder / "speed.json", LOCK)
    if not arguments.page:
        LOCK.parent.mkdir(exist_ok=True)
        _one_thread()
        jobs = _jobs(measurements, store, arguments)
        for name, unit in track(jobs, "Measuring", disable=not jobs):
            _run(name, measurements[name], unit, store, arguments.quick)
    command = COMMANDS[arguments.quick]
    text = page.render(command, measurements, store, arguments.quick)
    path = folder / "speed.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"Wrote {os.path.relpath(path)}")


def _parse(argv):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--only", default=",".join(MEASUREMENTS))
    parser.add_argument("--units", help="U;V: these of them; all by default")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args(argv)
    arguments.only = arguments.only.split(",")
    for name in arguments.only:
        if name not in MEASUREMENTS:
            raise unknown("measurement", name, MEASUREMENTS)
    return arguments


def _jobs(measurements, store, arguments):
    """Returns (measurement, unit) of all that is to be measured."""
    jobs = []
    for name in arguments.only:
        settings = measurements[name].settings(arguments.quick)
        jobs += [
            (name, unit)
            for unit in measurements[name].units(settings)
            if _wanted(unit, arguments.units)
            and (arguments.again or not store.done(name, unit, settings))
        ]
    return jobs


def _wanted(unit, units):
    return units is None or unit in units.split(";")


def _one_thread():
    """Leaves no work to threads, whose waiting for each other is no work."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def _run(name, module, unit, store, quick):
    settings = module.settings(quick)
    before = os.getloadavg()[0]
    try:
        entry = {"result": module.measure(unit, settings)}
    except harness.NotMeasured as error:
        entry = {"why": str(error)}
    except Exception as error:
        # What fails is told on the page, and tried again by the next run.
        words = " ".join(str(error).split())[:300]
        entry = {"why": f"{type(error).__name__}: {words}"}
    entry |= {
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        "machine": provenance.line(["tensorflow", "keras"]),
    }
    store.save(name, unit, settings, entry)


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(str(error)) from None
