"""Reading examples from TFRecords, against an array in memory."""

import tempfile

import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import steps
from tfkd.data import records

TITLE = "Input pipeline"
PAIR = "cnn 28x28"
ARRAY, FILES = "array in memory", "TFRecords, gzip"


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "examples": 2_000 if quick else 20_000,
        "batch_size": 64,
        "shuffle_buffer": 1_000 if quick else 10_000,
        "shards": 4,
        "batches_a_round": 10 if quick else 100,
        "rounds": 2 if quick else 9,
        "image": "28x28x1, uint8, random",
        "threads": 1,
    }


def units(settings):
    """Returns the only one."""
    return ["input"]


def measure(unit, settings):
    """Measures reading alone, and training steps that read."""
    count, number = settings["examples"], settings["batches_a_round"]
    pair, rounds = steps.PAIRS[PAIR], settings["rounds"]
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, *pair.shape)).astype("uint8")
    labels = random.integers(0, steps.CLASSES, count)
    keras.utils.clear_session(free_memory=True)
    with tempfile.TemporaryDirectory() as folder:
        _write(folder, images, labels, settings)
        sources = {
            ARRAY: _from_array(images, labels, settings),
            FILES: _from_files(folder, settings),
        }
        reading = {n: _reading(s, number) for n, s in sources.items()}
        training = {
            name: steps.fitting(
                steps.compiled(steps.student(pair)),
                source.prefetch(tf.data.AUTOTUNE),
                number,
            )
            for name, source in sources.items()
        }
        return {
            "reading": harness.interleave(reading, rounds),
            "training": harness.interleave(training, rounds),
        }


def _write(folder, images, labels, settings):
    entry = records.write_split(
        folder,
        "train",
        [str(number) for number in range(len(labels))],
        images,
        labels,
        settings["shards"],
    )
    info = {
        "name": "random",
        "image_shape": list(images.shape[1:]),
        "image_dtype": "uint8",
        "value_range": [0, 255],
        "num_classes": steps.CLASSES,
        "class_names": [str(number) for number in range(steps.CLASSES)],
        "notes": "",
        "splits": {"train": entry},
    }
    records.write_info(folder, info)


def _from_array(images, labels, settings):
    arrays = (images.astype("float32"), labels)
    return _batches(tf.data.Dataset.from_tensor_slices(arrays), settings)


def _from_files(folder, settings):
    examples = records.dataset(folder, "train")
    pairs = examples.map(lambda row: (row["image"], row["label"]))
    return _batches(pairs, settings)


def _batches(examples, settings):
    shuffled = examples.repeat().shuffle(settings["shuffle_buffer"], seed=0)
    return shuffled.batch(settings["batch_size"])


def _reading(source, number):
    iterator = iter(source)
    return harness.block(lambda: next(iterator), number)


def section(results, settings):
    """Returns the table."""
    found, size = results["input"], settings["batch_size"]
    reading, training = found["reading"], found["training"]
    rows = []
    for name in (ARRAY, FILES):
        alone = harness.median(reading[name]) / size
        against = harness.ratio(training[name], training[ARRAY])
        share = harness.ratio(reading[name], training[name])[0]
        rows.append(
            [
                name,
                f"{1 / alone:,.0f}",
                markdown.ratio(harness.ratio(reading[name], reading[ARRAY])),
                markdown.ratio(against),
                f"{100 * share:.0f} %",
            ]
        )
    header = [
        "",
        "examples/s, reading alone",
        "time of reading, ratio",
        f"plain training step ({PAIR}), ratio",
        "reading's share of the step's CPU time",
    ]
    return "\n".join(
        [
            "Shuffled, in batches, as float32; files are in the cache.",
            "",
            markdown.table(header, rows),
        ]
    )
