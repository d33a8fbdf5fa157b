"""Stored answers by number of classes: bytes, and time to spread them out."""

import numpy as np
import tensorflow as tf

from benchmarks.speed import harness
from benchmarks.speed import markdown
from tfkd.data import tap_formats

TITLE = "Stored answers by number of classes"
FORMATS = {
    "dense, float16": {"format": "dense", "dtype": "float16"},
    "top 10, float16": {
        "format": "top_k",
        "dtype": "float16",
        "k": 10,
        "temperature": 4.0,
    },
}


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "classes": [10, 100] if quick else [10, 100, 1_000, 21_000],
        "batch_size": 64,
        "rounds": 2 if quick else 9,
        "formats": FORMATS,
    }


def units(settings):
    """Returns the only one."""
    return ["formats"]


def measure(unit, settings):
    """Returns bytes an example and seconds a batch, by format and classes."""
    found = {name: {} for name in FORMATS}
    for classes in settings["classes"]:
        logits = np.random.default_rng(0).normal(
            size=(settings["batch_size"], classes)
        )
        candidates = {}
        for name, values in FORMATS.items():
            (tap,) = tap_formats.create(
                {"taps": ("logits",), **values}, {"logits": (classes,)}
            )
            fields = tap.encode(logits.astype("float32"))
            size = sum(array.nbytes for array in fields.values())
            found[name][classes] = {"bytes": size / settings["batch_size"]}
            candidates[name] = _decoding(tap, fields)
        seconds = harness.interleave(candidates, settings["rounds"])
        for name, values in seconds.items():
            found[name][classes]["seconds"] = harness.median(values)
    return found


def _decoding(tap, fields):
    tensors = {name: tf.constant(array) for name, array in fields.items()}
    decode = tf.function(tap.decode)
    return harness.block(lambda: decode(tensors), 20)


def section(results, settings):
    """Returns the table."""
    rows = []
    sizes = settings["classes"]
    for name, by_classes in results["formats"].items():
        entries = {int(size): entry for size, entry in by_classes.items()}
        bytes = [entries[size]["bytes"] for size in sizes]
        seconds = [entries[size]["seconds"] for size in sizes]
        rows.append(
            [
                name,
                *(f"{size:,.0f}" for size in bytes),
                f"{harness.exponent(sizes[-2:], bytes[-2:]):.2f}",
                *(f"{1000 * value:.2f}" for value in seconds),
            ]
        )
    classes = [f"{number:,}" for number in settings["classes"]]
    header = [
        "bytes an example, by classes",
        *classes,
        "exponent of the last two",
        *(f"ms a batch to spread out, {number}" for number in classes),
    ]
    return "\n".join(
        [
            "On disk and in memory a top-k entry is flat. The loss reads dense",
            "logits, so that a batch is spread out, which is linear, like the",
            "loss.",
            "",
            markdown.table(header, rows),
        ]
    )
