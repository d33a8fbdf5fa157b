"""What a phone runs: time, size and accuracy of teacher and students."""

import pathlib
import subprocess
import sys
import tempfile

import keras

from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import steps
from tfkd import metrics
from tfkd.data import records
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert
from tfkd.export import latency

TITLE = "On a phone's runtime"
ROOT = pathlib.Path(__file__).parents[2]
DEMO = ROOT / "runs/bench/demo"
DIGITS = "digits, the quickstart's models"
NOT_TRAINED = ", not trained"
# Name of a row to the folder of the quickstart's exporter.
FILES = {
    "teacher, float32": "teacher",
    "student, float32": "float32",
    "student, int8": "int8",
}
SETTING = "threads_1"


def settings(quick):
    """Returns what the numbers depend on."""
    pairs = ["cnn 28x28"] if quick else ["cnn 28x28", "resnet20 32x32"]
    return {
        "models": [p + NOT_TRAINED for p in pairs]
        + ([] if quick else [DIGITS]),
        "invocations": 20 if quick else 200,
        "calibration_images": 100,
        "threads": 1,
    }


def units(settings):
    """Returns the pairs of models."""
    return settings["models"]


def measure(unit, settings):
    """Returns milliseconds, bytes, and accuracy if the models are trained."""
    if unit == DIGITS:
        return _digits(settings)
    pair = steps.PAIRS[unit.removesuffix(NOT_TRAINED)]
    keras.utils.clear_session(free_memory=True)
    with tempfile.TemporaryDirectory() as folder:
        paths = _converted(pair, pathlib.Path(folder), settings)
        return _facts(paths, settings)


def _digits(settings):
    """Runs the quickstart's pipeline, or takes what it left."""
    command = [
        sys.executable,
        "-m",
        "tfkd.pipelines.run",
        "--config=configs/quickstart.py",
        f"--pipeline_root={DEMO}",
    ]
    child = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if child.returncode:
        raise harness.NotMeasured(
            f"the quickstart failed: {child.stderr[-300:]}"
        )
    files = _latest("TFLiteExporter/tflite")
    paths = {n: files / f / "model.tflite" for n, f in FILES.items()}
    found = _facts(paths, settings)
    _, images, labels = records.load_arrays(
        _latest("ExampleGen/examples"), "test"
    )
    for name, path in paths.items():
        answers = LiteRTModel(path).predict(images)
        found[name]["accuracy"] = metrics.accuracy(answers, labels)
    return found


def _latest(folder):
    versions = (path for path in (DEMO / folder).iterdir() if path.is_dir())
    return max(
        (path for path in versions if path.name.isdigit()),
        key=lambda path: int(path.name),
    )


def _converted(pair, folder, settings):
    images, _ = steps.batch(pair.shape, settings["calibration_images"])
    sources = {"teacher": steps.teacher(pair), "student": steps.student(pair)}
    paths, conversions = {}, []
    for name in FILES:
        role, _, mode = name.partition(", ")
        model = folder / f"{role}.keras"
        sources[role].save(model)
        paths[name] = folder / f"{role}-{mode}.tflite"
        conversions.append(
            Conversion(
                model=str(model),
                destination=str(paths[name]),
                mode=mode,
                calibration=images if mode == "int8" else None,
            )
        )
    convert(conversions, tmp_dir=folder)
    return paths


def _facts(paths, settings):
    times = latency.measure(
        paths, runs=settings["invocations"], settings=(SETTING,)
    )
    return {
        name: {
            "milliseconds": times[name][SETTING]["median"],
            "bytes": path.stat().st_size,
        }
        for name, path in paths.items()
    }


def section(results, settings):
    """Returns the table."""
    rows = []
    for unit, found in results.items():
        base = found["teacher, float32"]
        rows += [_row(f"{unit}: {name}", found[name], base) for name in FILES]
    header = ["", "time", "ratio", "KiB", "ratio", "accuracy"]
    return "\n".join(
        [
            "One invocation of one image in `ai_edge_litert` with XNNPACK, one",
            "thread, the files of a group taking turns in one process; ratios",
            "to the teacher. This machine is no phone. Files of a few",
            "microseconds show what an invocation costs, not the arithmetic.",
            "",
            markdown.table(header, rows),
        ]
    )


def _row(name, values, base):
    accuracy = values.get("accuracy")
    return [
        name,
        f"{values['milliseconds']:.4f} ms",
        f"{values['milliseconds'] / base['milliseconds']:.2f}",
        f"{values['bytes'] / 1024:,.1f}",
        f"{values['bytes'] / base['bytes']:.3f}",
        "not trained" if accuracy is None else f"{100 * accuracy:.1f} %",
    ]
