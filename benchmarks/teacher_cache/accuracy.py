"""What a student loses that learns from stored answers.

Students of real digits (10 classes) and of synthetic clusters (100 and 1,000
classes) learn from each format, with three seeds.
"""

import functools

import numpy as np
from sklearn.datasets import load_digits

from benchmarks.teacher_cache.scale import DENSE
from tfkd import methods
from tfkd import models
from tfkd import teachers
from tfkd.data import prediction_blocks
from tfkd.data import prediction_settings
from tfkd.data import splits
from tfkd.data import stored
from tfkd.data import tap_formats
from tfkd.training import inputs
from tfkd.training import order
from tfkd.training import trainer
from tfkd.training.predictor import Predictor

TEMPERATURE = 4.0
METHOD = {"temperature": TEMPERATURE, "weight": 0.9, "task_weight": 0.1}
SEEDS = (0, 1, 2)
KEPT = {10: (1, 2, 3, 5), 100: (1, 5, 20), 1000: (1, 10, 50)}
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


def measured(work, done):
    """Yields what is not done: a name, and a dict for JSON.

    Args:
        work: Folder for temporary files.
        done: Names that are skipped.
    """
    yield from _compared("digits", 10, digits, work, done)
    for classes in (100, 1000):
        make = functools.partial(clusters, classes)
        yield from _compared(f"clusters {classes:,}", classes, make, work, done)


def _compared(name, classes, make, work, done):
    asked = {"labels alone": None, **formats_of(classes)}
    asked = {
        label: asked[label] for label in asked if f"{name}/{label}" not in done
    }
    task = make() if asked else None
    for label, settings in asked.items():
        found = {"classes": classes, "teacher": task["teacher_accuracy"]}
        given = None
        if settings is not None:
            given, found["bytes"] = _store(task, settings, work / "shard")
            found |= _difference(task["logits"], given)
        kind = name.partition(" ")[0]
        found["accuracy"] = [_learn(kind, task, given, seed) for seed in SEEDS]
        yield f"{name}/{label}", found


def _store(task, settings, path):
    """Returns the logits as stored, and bytes an example on disk."""
    settings = prediction_settings.complete_format(**settings)
    logits = task["logits"]
    formats = tap_formats.create(settings, {"logits": logits.shape[1:]})
    fields = formats[0].encode(logits)
    ids = _ids(len(logits))
    prints = prediction_blocks.fingerprints(ids, ids).numpy()
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

    return [splits.example_id("benchmark", str(row)) for row in range(count)]


def _difference(logits, given):
    """Returns KL(teacher || stored) in nats, at two temperatures."""

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
