"""Converts three students by every route, and runs what comes out.

    python benchmarks/edge.py                   # what is missing
    python benchmarks/edge.py --students=resnet # only this one, again
    python benchmarks/edge.py --table           # only the table, from the JSON

Fashion-MNIST where Debian's package `dataset-fashion-mnist` is installed, else
scikit-learn's digits. Some minutes a student on 2 cores; each is saved when it
is finished.
"""

import argparse
import json
import os
import pathlib
import platform
import tempfile

import numpy as np
import provenance

from tfkd import metrics
from tfkd.errors import InputError
from tfkd.export import Conversion
from tfkd.export import LiteRTModel
from tfkd.export import convert
from tfkd.export import inspect
from tfkd.export import latency
from tfkd.export import modes
from tfkd.export import package
from tfkd.export import reference

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "docs/results/edge.json"
TABLE = ROOT / "docs/results/edge.md"
SEED = 0
TRAINING = {"examples": 20_000, "epochs": 3, "batch_size": 64}
CALIBRATION = 200
SENSITIVE_LAYERS = 2
LATENCY_RUNS = 100
# Arguments for images of 28 x 28 pixels, and for digits of 8 x 8.
STUDENTS = {
    "mobilenet": {
        "filters": (16, 24, 32),
        "stem_stride": 2,
        "activation": "hard_swish",
        "squeeze": 4,
    },
    "resnet": {"filters": (16, 24, 32), "stem_stride": 2},
    "vit_tiny": {"patch": 4, "width": 32, "depth": 2},
}

# What makes a mobilenet slow or fast as int8.
ACTIVATIONS = {
    "relu6": {"activation": "relu6", "squeeze": 0},
    "relu6 with squeeze-and-excite": {"activation": "relu6", "squeeze": 4},
    "hard_swish": {"activation": "hard_swish", "squeeze": 0},
    "hard_swish with squeeze-and-excite": {
        "activation": "hard_swish",
        "squeeze": 4,
    },
}


def load_data():
    """Returns name, scale of pixels, and train and test images and labels."""
    from tfkd.data import fashion_mnist
    from tfkd.data import source

    folder = pathlib.Path(source.FASHION_MNIST_FOLDER)
    if not folder.is_dir():
        return ("digits", 1 / 16, *_digits())
    arrays = []
    for stem in ("train", "t10k"):
        images = folder / f"{stem}-images-idx3-ubyte.gz"
        labels = folder / f"{stem}-labels-idx1-ubyte.gz"
        pixels = fashion_mnist.read_idx(images)[..., None]
        arrays += [pixels.astype(np.float32), fashion_mnist.read_idx(labels)]
    return ("Fashion-MNIST", 1 / 255, *arrays)


def _digits():
    from sklearn import datasets

    digits = datasets.load_digits()
    # 8 x 8 pixels are too few for these students: each becomes four.
    images = digits.images.astype(np.float32).repeat(2, 1).repeat(2, 2)
    images, labels = images[..., None], digits.target
    return images[:1200], labels[:1200], images[1200:], labels[1200:]


def train(name, data):
    """Returns a student that was trained on labels for a minute or so."""
    import keras

    from tfkd import models

    _, scale, images, labels, _, _ = data
    keras.utils.set_random_seed(SEED)
    model = models.build(
        name,
        input_shape=images.shape[1:],
        num_classes=10,
        scale=scale,
        **STUDENTS[name],
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    rows = slice(TRAINING["examples"])
    model.fit(
        images[rows],
        labels[rows],
        epochs=TRAINING["epochs"],
        batch_size=TRAINING["batch_size"],
        verbose=0,
    )
    return model


def convert_all(model, images, folder):
    """Converts by every route.

    Returns:
        Route to the reason why there is no file, for those that failed.
    """
    model.save(folder / "model.keras")
    left = [_conversion(mode, images, folder) for mode in modes.names()]
    failures = {}
    while left:
        try:
            convert(left, tmp_dir=folder)
            return failures
        except (InputError, RuntimeError) as error:
            # The child went on after an error: only the first is told.
            left = [c for c in left if not pathlib.Path(c.destination).exists()]
            failures[left.pop(0).mode] = str(error).partition(": ")[2]
    return failures


def _conversion(mode, images, folder):
    calibrated = modes.get(mode).calibrated
    selective = modes.get(mode).selective
    return Conversion(
        model=str(folder / "model.keras"),
        destination=str(folder / f"{mode}.tflite"),
        mode=mode,
        calibration=images[:CALIBRATION] if calibrated else None,
        sensitive_layers=SENSITIVE_LAYERS if selective else 0,
        # So that the table shows what such a file costs.
        allow_float=modes.get(mode).integer,
    )


def measure(path, images, labels, expected):
    """Returns what is known of one file, without its latency."""
    content, facts = path.read_bytes(), inspect(path)
    answers = LiteRTModel(path).predict(images)
    floats = [
        op
        for op in facts.operations
        if op.touches_float and "QUANTIZE" not in op.name
    ]
    return {
        "accuracy": metrics.accuracy(answers, labels),
        "agreement": metrics.agreement(answers, expected),
        "bytes": len(content),
        "float_ops": sorted({op.name for op in floats}),
        "gzip_bytes": package.gzip_size(content),
        "integer_only": facts.fully_integer,
        "num_float_ops": len(floats),
        "num_ops": len(facts.operations),
    }


def run(name, data):
    """Trains, converts and measures one student."""
    _, _, train_images, _, images, labels = data
    model = train(name, data)
    expected = reference.probabilities(model, images)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        failures = convert_all(model, train_images, folder)
        paths = {
            mode: folder / f"{mode}.tflite"
            for mode in modes.names()
            if mode not in failures
        }
        routes = {
            mode: measure(path, images, labels, expected)
            for mode, path in paths.items()
        }
        times = latency.measure(
            paths, runs=LATENCY_RUNS, settings=("threads_1",)
        )
    for mode, route in routes.items():
        route["milliseconds"] = times[mode]["threads_1"]["median"]
    routes |= {mode: {"failure": why} for mode, why in failures.items()}
    return {
        "accuracy": metrics.accuracy(expected, labels),
        "arguments": STUDENTS[name],
        "parameters": model.count_params(),
        "routes": routes,
        "setting": setting(data),
    }


def activations(data):
    """Returns time of int8 over float32 by activation, of one student."""
    from tfkd import models

    images, paths, conversions = data[2][:CALIBRATION], {}, []
    with tempfile.TemporaryDirectory() as folder:
        for name, values in ACTIVATIONS.items():
            model = models.build(
                "mobilenet",
                input_shape=images.shape[1:],
                num_classes=10,
                scale=data[1],
                **{**STUDENTS["mobilenet"], **values},
            )
            model.save(f"{folder}/{name}.keras")
            for mode in ("float32", "int8"):
                paths[name, mode] = f"{folder}/{name}-{mode}.tflite"
                conversions.append(
                    Conversion(
                        model=f"{folder}/{name}.keras",
                        destination=paths[name, mode],
                        mode=mode,
                        calibration=images if mode == "int8" else None,
                    )
                )
        convert(conversions, tmp_dir=folder)
        times = latency.measure(
            {path: path for path in paths.values()},
            runs=LATENCY_RUNS,
            settings=("threads_1",),
        )
    took = {key: times[p]["threads_1"]["median"] for key, p in paths.items()}
    return {n: took[n, "int8"] / took[n, "float32"] for n in ACTIVATIONS}


def setting(data):
    """Returns all that the numbers depend on."""
    return {
        "calibration_images": CALIBRATION,
        "commit": provenance.commit(),
        "data": data[0],
        "latency_runs": LATENCY_RUNS,
        "machine": f"{_processor()}, {os.cpu_count()} cores",
        "seed": SEED,
        "sensitive_layers": SENSITIVE_LAYERS,
        "test_images": len(data[5]),
        "training": TRAINING,
        "versions": package.versions(),
    }


def _processor():
    path = pathlib.Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.is_file() else []
    names = [line.split(": ")[1] for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


def table(results):
    """Returns the page, in Markdown."""
    lines = [
        "# From a student to a `.tflite`: every route, executed",
        "",
        "Generated by `python benchmarks/edge.py`. Each file was run in",
        "`ai_edge_litert` on the whole test split, one seed; agreement is that",
        "of the most probable class with the Keras model. Time is the median",
        "of one invocation over that of float32, the files taking turns in one",
        "process, one thread. This machine is no phone: where a kernel is slow",
        "here, one there may not be.",
        "",
        *_activations(results.get("activations")),
    ]
    for name in STUDENTS:
        if name in results:
            lines += ["", *_student(name, results[name])]
    return "\n".join(lines) + "\n"


def _activations(ratios):
    if not ratios:
        return ["Times by activation are not measured yet."]
    told = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    return [
        "Time of int8 over that of float32, for an untrained mobilenet, by its",
        "activation (above 1, the file of integers is slower):",
        f"{told}.",
        "Layer normalization has no integer kernel: its operations stay in",
        "float between conversions.",
    ]


def _student(name, result):
    given = result["setting"]
    error = 100 * (result["accuracy"] * (1 - result["accuracy"])) ** 0.5
    error /= given["test_images"] ** 0.5
    arguments = ", ".join(
        f"{k}={v}" for k, v in sorted(result["arguments"].items())
    )
    versions = ", ".join(f"{k} {v}" for k, v in given["versions"].items())
    training = ", ".join(
        f"{k} {v}" for k, v in sorted(given["training"].items())
    )
    floats = result["routes"].get("float32", {}).get("milliseconds")
    lines = [
        f"## `{name}`: {result['parameters']:,} weights, "
        f"{100 * result['accuracy']:.1f} % in Keras",
        "",
        f"`{arguments}`; {given['data']}, {given['test_images']:,} test images"
        f" (standard error {error:.1f} points); {training}; seed "
        f"{given['seed']}; {given['calibration_images']} calibration images; "
        f"`int8_selective` keeps the {given['sensitive_layers']} most "
        f"sensitive layers. {given['machine']}; {versions}; commit "
        f"{given['commit']}.",
        "",
        "| route | works | bytes | gzip | accuracy | agreement | integers "
        "only | time |",
        "|---|---|---|---|---|---|---|---|",
    ]
    routes = result["routes"]
    lines += [_row(mode, routes[mode], floats) for mode in modes.names()]
    failed = [mode for mode in modes.names() if "failure" in routes[mode]]
    for mode in failed:
        lines += ["", f"`{mode}` failed: {_one_line(routes[mode]['failure'])}"]
    return lines


def _row(mode, route, floats):
    if "failure" in route:
        return f"| `{mode}` | no, see below | | | | | | |"
    integers = "yes"
    if not route["integer_only"]:
        integers = f"no: {route['num_float_ops']} of {route['num_ops']} float"
    cells = (
        f"`{mode}`",
        "yes",
        f"{route['bytes']:,}",
        f"{route['gzip_bytes']:,}",
        f"{100 * route['accuracy']:.2f} %",
        f"{100 * route['agreement']:.2f} %",
        integers,
        f"{route['milliseconds'] / floats:.2f}" if floats else "",
    )
    return f"| {' | '.join(cells)} |"


def _one_line(text, most=400):
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most] + " ..."


def main():
    """Runs what is missing and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", default="")
    parser.add_argument("--table", action="store_true")
    options = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    wanted = [name for name in options.students.split(",") if name]
    missing = [name for name in STUDENTS if name not in results]
    if not options.table:
        data = load_data()
        for name in wanted or missing:
            print(f"{name} ...", flush=True)
            results[name] = run(name, data)
            _write(results)
        if wanted or missing or "activations" not in results:
            results["activations"] = activations(data)
            _write(results)
    TABLE.write_text(table(results))


def _write(results):
    text = json.dumps(results, indent=1, sort_keys=True)
    RESULTS.write_text(text + "\n")


if __name__ == "__main__":
    main()
