"""The teacher's stored answers: bytes, accuracy, speed, memory.

    python benchmarks/teacher_cache.py                 # what is missing
    python benchmarks/teacher_cache.py --parts=scale   # this part again
    python benchmarks/teacher_cache.py --table         # only write the table

`accuracy`: students of real digits (10 classes) and of synthetic clusters (100
and 1,000 classes) that learn from each format, three seeds. `scale`: the
component itself on 120,000 and on 1.2 million synthetic examples of 1,000
classes, each in a process of its own. `speed`: stored answers against teachers
that run. About 25 minutes on 2 cores and 4 GB of disk, which is freed again.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import time

import teacher_cache_table

ROOT = pathlib.Path(__file__).parents[1]
RESULTS = ROOT / "docs/results/teacher_cache.json"
TABLE = ROOT / "docs/results/teacher_cache.md"
WORK = ROOT / "runs/benchmark_teacher_cache"  # Not committed.
TEMPERATURE = 4.0
METHOD = {"temperature": TEMPERATURE, "weight": 0.9, "task_weight": 0.1}
SEEDS = (0, 1, 2)
DENSE = {"float32": {}, "float16": {"dtype": "float16"}}
KEPT = {10: (1, 2, 3, 5), 100: (1, 5, 20), 1000: (1, 10, 50)}
SIZES = (120_000, 1_200_000)
SHAPE, CLASSES, SHARDS = (4, 4, 1), 1000, 8
# Synthetic clusters: groups of ten that lie closer to each other, so that the
# wrong classes of an answer say something.
CLUSTERS = {"features": 64, "train": 6000, "test": 4000, "noise": 2.6}
LEARN = {
    "digits": {"epochs": 60, "batch_size": 64, "learning_rate": 2e-3},
    "clusters": {"epochs": 12, "batch_size": 64, "learning_rate": 2e-3},
}


def formats_of(classes):
    """Returns the name and settings of every format that is compared."""
    found = dict(DENSE)
    for k in KEPT[classes]:
        found[f"top {k}"] = {"format": "top_k", "k": k, "dtype": "float16"}
    middle = KEPT[classes][1]
    found[f"top {middle}, mass kept at T = 1"] = {
        **found[f"top {middle}"],
        "temperature": 1.0,
    }
    return found


def digits():
    """Real digits: 100 labels, a teacher that has seen all of them."""
    import numpy as np
    from sklearn.datasets import load_digits

    from tfkd import models
    from tfkd.training import order
    from tfkd.training import trainer
    from tfkd.training.predictor import Predictor

    data = load_digits()
    rows = np.random.default_rng(0).permutation(len(data.target))
    images = data.images[rows, ..., None].astype("float32")
    labels = data.target[rows].astype("int64")
    train, test = slice(0, 1297), slice(1297, None)
    with trainer.seeded(0):
        teacher = models.build(
            "cnn",
            input_shape=(8, 8, 1),
            num_classes=10,
            scale=1 / 16,
            filters=(32, 32, 64),
            strides=(1, 2, 1),
            dense=(64,),
        )
    trainer.train(
        teacher,
        images[train],
        labels[train],
        **{**LEARN["digits"], "epochs": 25},
    )
    logits = Predictor(teacher, (8, 8, 1))(images)
    ids = np.array([str(row) for row in rows])
    hidden = ~order.choose_labelled(ids[train], labels[train], 100, 0)

    def student():
        return models.build(
            "cnn",
            input_shape=(8, 8, 1),
            num_classes=10,
            scale=1 / 16,
            filters=(4, 8),
            strides=(1, 2),
        )

    return _task(images, labels, logits, train, test, hidden, student)


def clusters(classes):
    """Synthetic clusters; the teacher's logits are the true ones."""
    import numpy as np

    from tfkd import models

    rng = np.random.default_rng(classes)
    width, noise = CLUSTERS["features"], CLUSTERS["noise"]
    groups = rng.normal(size=(classes // 10, width)).repeat(10, axis=0)
    means = groups + 0.7 * rng.normal(size=(classes, width))
    count = CLUSTERS["train"] + CLUSTERS["test"]
    labels = rng.integers(0, classes, count)
    images = means[labels] + noise * rng.normal(size=(count, width))
    # log p(class | x) up to a constant: equal priors, spherical noise.
    logits = (images @ means.T - 0.5 * (means**2).sum(1)) / noise**2
    logits -= logits.mean(axis=1, keepdims=True)
    train, test = slice(0, CLUSTERS["train"]), slice(CLUSTERS["train"], None)

    def student():
        return models.build("mlp", input_shape=(8, 8, 1), num_classes=classes)

    images = images.reshape(-1, 8, 8, 1).astype("float32")
    hidden = np.zeros(CLUSTERS["train"], bool)
    return _task(
        *(images, labels, logits.astype("float32")),
        *(train, test, hidden, student),
    )


def _task(images, labels, logits, train, test, hidden, student):
    import numpy as np

    return {
        "train": images[train],
        # Unknown labels are -1.
        "labels": np.where(hidden, -1, labels[train]),
        "logits": logits[train],
        "test": (images[test], labels[test]),
        "teacher_accuracy": float(
            np.mean(logits[test].argmax(1) == labels[test])
        ),
        "student": student,
    }


def accuracy(name, task, results):
    """Trains a student from every format, and compares what was stored."""
    classes = task["logits"].shape[1]
    for label, settings in [("labels alone", None), *_all(classes)]:
        key = f"{name}/{label}"
        if key in results:
            continue
        found = {"classes": classes, "teacher": task["teacher_accuracy"]}
        given = None
        if settings is not None:
            given, found["bytes"] = _store(task, settings)
            found |= _difference(task["logits"], given)
        found["accuracy"] = [
            _learn(name.partition(" ")[0], task, given, seed) for seed in SEEDS
        ]
        print(key, found, flush=True)
        results[key] = found
        save(results)


def _all(classes):
    return formats_of(classes).items()


def _store(task, settings):
    """Returns the logits as stored, and bytes an example on disk."""
    import numpy as np

    from tfkd.data import prediction_blocks
    from tfkd.data import prediction_settings
    from tfkd.data import stored
    from tfkd.data import tap_formats

    settings = prediction_settings.complete_format(**settings)
    logits = task["logits"]
    formats = tap_formats.create(settings, {"logits": logits.shape[1:]})
    fields = formats[0].encode(logits)
    ids = _ids(len(logits))
    prints = prediction_blocks.fingerprints(ids, ids).numpy()
    path = WORK / "shard"
    prediction_blocks.write_shard(
        str(path),
        [
            {
                "example_id": ids[i : i + 256],
                "fingerprint": prints[i : i + 256],
                **{name: rows[i : i + 256] for name, rows in fields.items()},
            }
            for i in range(0, len(ids), 256)
        ],
        prediction_blocks.compression([settings["format"]]),
    )
    given = stored.Stored(np.array(ids), prints, formats, fields)
    return given, path.stat().st_size / len(ids)


def _ids(count):
    from tfkd.data import splits

    return [splits.example_id("benchmark", str(row)) for row in range(count)]


def _difference(logits, given):
    """Returns KL(teacher || stored) in nats, at two temperatures."""
    import numpy as np

    def log_softmax(values):
        values = np.asarray(values, np.float64)
        values = values - values.max(1, keepdims=True)
        return values - np.log(np.exp(values).sum(1, keepdims=True))

    found = {}
    kept = given.dense()["logits"]
    for temperature in (1.0, TEMPERATURE):
        true = log_softmax(logits / temperature)
        ours = log_softmax(kept / temperature)
        value = np.mean((np.exp(true) * (true - ours)).sum(1))
        found[f"kl_{temperature:g}"] = float(value)
    return found


def _learn(kind, task, given, seed):
    """Returns the test accuracy of one student."""
    import numpy as np

    from tfkd import methods
    from tfkd import teachers
    from tfkd.training import inputs
    from tfkd.training import trainer

    with trainer.seeded(seed):
        student = task["student"]()
        fitted = student
        if given is not None:
            shape = given.formats[0].shape
            fitted = methods.get("hinton_kd").build(
                teacher=teachers.CachedTeacher({"logits": shape}),
                student=student,
                **METHOD,
            )
    known = np.flatnonzero(task["labels"] >= 0)
    rows = known if given is None else slice(None)
    x = inputs.Inputs(task["train"][rows], cached=given)
    trainer.train(
        fitted,
        x.arrays(),
        task["labels"][rows],
        prepare=x.prepare(),
        examples_per_epoch=len(task["train"]),
        seed=seed,
        **LEARN[kind],
    )
    return trainer.accuracy(student, *task["test"])


def write_examples(folder, count):
    """Writes synthetic examples: random pixels in eight shards."""
    import numpy as np

    from tfkd.data import records

    rng = np.random.default_rng(0)
    shards = []
    for number, rows in enumerate(np.array_split(np.arange(count), SHARDS)):
        pixels = rng.integers(0, 256, (len(rows), *SHAPE), np.uint8)
        path = records.shard_path(str(folder), "train", number, SHARDS)
        ids = _ids_of(rows)
        examples = (
            records.to_example(ids[i], pixels[i], row % CLASSES)
            for i, row in enumerate(rows)
        )
        records.write_shard(path, examples)
        shards.append({"file": path.rpartition("/")[2]})
        shards[-1]["num_examples"] = len(rows)
    records.write_info(
        str(folder),
        {
            "image_shape": list(SHAPE),
            "image_dtype": "uint8",
            "value_range": [0, 255],
            "num_classes": CLASSES,
            "splits": {"train": {"num_examples": count, "shards": shards}},
        },
    )


def _ids_of(rows):
    from tfkd.data import splits

    return [splits.example_id("synthetic", str(row)) for row in rows]


def write_teacher(folder):
    """Writes a teacher that costs little: what is measured is the cache."""
    import keras
    import numpy as np

    from tfkd.training import model_files

    keras.utils.set_random_seed(0)
    image = keras.Input(SHAPE)
    x = keras.layers.Rescaling(1 / 64, -2.0)(image)
    x = keras.layers.Flatten()(x)
    model = keras.Model(image, keras.layers.Dense(CLASSES, name="logits")(x))
    rng = np.random.default_rng(0)
    model.set_weights(
        [rng.normal(0, 0.7, w.shape) for w in model.get_weights()]
    )
    model_files.save(model, str(folder / model_files.SELECTED))
    record = {"model": {}, "model_hash": model_files.model_hash(model)}
    model_files.write_record(str(folder), record)


def store(examples, teacher, output, settings):
    """Runs the component; returns seconds, bytes and memory of this process."""
    from tfkd.components.base import artifacts
    from tfkd.components.base.executor import ExecutorContext
    from tfkd.components.base.spec import Channel
    from tfkd.components.teacher_predictions.component import TeacherPredictions

    component = TeacherPredictions(
        examples=Channel(artifacts.Examples),
        teacher=Channel(artifacts.Model),
        format=settings,
    )
    # Beam, TensorFlow and their imports are there before the first record.
    executor = component.executor_class()
    context = ExecutorContext(tmp_dir=f"{output}.tmp", stateful_dir=output)
    executor(context).make_beam_pipeline()
    before = peak()
    os.makedirs(f"{output}/artifact")
    started = time.monotonic()
    executor(context).Do(
        {
            "examples": [artifacts.Examples(examples)],
            "teacher": [artifacts.Model(teacher)],
        },
        {"predictions": [artifacts.TeacherPredictions(f"{output}/artifact")]},
        component.exec_properties,
    )
    seconds = time.monotonic() - started
    return {"seconds": seconds, "before": before, "peak": peak()}


def read(examples, output, passes=1):
    """Returns seconds to stream a stored split with its examples."""
    from tfkd.data import predictions

    batches = predictions.dataset(
        f"{output}/artifact", "train", examples, batch_size=256
    )
    before, started, seen = peak(), time.monotonic(), 0
    for _ in range(passes):
        for _, y in batches:
            seen += len(y)
    seconds = time.monotonic() - started
    return {"seconds": seconds / passes, "before": before, "peak": peak()}


def peak():
    """Returns the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(arguments):
    """Runs one measurement in a fresh process."""
    command = [sys.executable, __file__, f"--child={json.dumps(arguments)}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(arguments):
    """What the fresh process does."""
    kind = arguments.pop("kind")
    if kind == "store":
        return store(**arguments)
    return read(**arguments)


def scale(results):
    """Stores and reads 120,000 and 1.2 million examples."""
    teacher = WORK / "teacher"
    write_teacher(teacher)
    formats = {"top 10": {"format": "top_k", "k": 10, "dtype": "float16"}}
    for count in SIZES:
        examples = WORK / f"examples-{count}"
        if not (examples / "dataset.json").exists():
            write_examples(examples, count)
        for label, settings in {**formats, **DENSE}.items():
            key = f"scale/{count}/{label}"
            if key in results:
                continue
            output = WORK / "output"
            shutil.rmtree(output, ignore_errors=True)
            common = {"examples": str(examples), "output": str(output)}
            found = {
                "load": os.getloadavg()[0],
                "store": child(
                    {
                        "kind": "store",
                        "teacher": str(teacher),
                        "settings": settings,
                        **common,
                    }
                ),
                "bytes": sum(
                    path.stat().st_size
                    for path in (output / "artifact").rglob("*")
                ),
                "read": child({"kind": "read", **common}),
            }
            print(key, found, flush=True)
            results[key] = found
            save(results)
            shutil.rmtree(output)


def speed(results):
    """Measures teachers that run, to compare stored answers with."""
    import keras

    from tfkd import models

    applications = keras.applications
    teachers = {
        "the quickstart's teacher, 8x8": (
            models.build(
                "cnn",
                input_shape=(8, 8, 1),
                num_classes=10,
                filters=(32, 32, 64),
                strides=(1, 2, 1),
                dense=(64,),
            ),
            8,
        ),
        "MobileNetV2, 96x96": (
            applications.MobileNetV2(
                (96, 96, 3), weights=None, classifier_activation=None
            ),
            4,
        ),
        "ResNet50, 224x224": (
            applications.ResNet50(weights=None, classifier_activation=None),
            1,
        ),
    }
    for name, (model, batches) in teachers.items():
        key = f"speed/{name}"
        if key not in results:
            results[key] = _live(model, batches)
            print(key, results[key], flush=True)
            save(results)


def _live(model, batches, size=64):
    import numpy as np

    from tfkd.training.predictor import Predictor

    shape = model.input_shape[1:]
    predict = Predictor(model, shape)
    images = np.zeros((size, *shape), "float32")
    predict(images, size)
    times = []
    for _ in range(5):
        started = time.monotonic()
        for _ in range(batches):
            predict(images, size)
        times.append((time.monotonic() - started) / (size * batches))
    return {
        "examples_per_second": 1 / statistics.median(times),
        "load": os.getloadavg()[0],
    }


def save(results):
    """Writes the results under another name first."""
    partial = RESULTS.with_suffix(".partial")
    partial.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    partial.replace(RESULTS)


def main():
    """Runs what is missing, and writes the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="", help="accuracy, scale, speed")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure(json.loads(arguments.child))))
        return
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    chosen = [part for part in arguments.parts.split(",") if part]
    if not arguments.table:
        WORK.mkdir(parents=True, exist_ok=True)
        run(chosen, results)
    TABLE.write_text(teacher_cache_table.render(results))
    print(TABLE.read_text())


def run(chosen, results):
    """Runs the parts, those that were named again."""
    for key in list(results):
        kind = key.partition("/")[0].partition(" ")[0]
        part = kind if kind in ("scale", "speed") else "accuracy"
        if part in chosen:
            del results[key]
    if not chosen or "accuracy" in chosen:
        accuracy("digits", digits(), results)
        for classes in (100, 1000):
            accuracy(f"clusters {classes:,}", clusters(classes), results)
    if not chosen or "speed" in chosen:
        speed(results)
    if not chosen or "scale" in chosen:
        scale(results)
        shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
