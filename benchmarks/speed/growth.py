"""How the losses of each method grow with batch, channels and classes."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed import classifiers
from benchmarks.speed import harness
from benchmarks.speed import markdown
from tfkd import methods
from tfkd import models
from tfkd.distillers import Distiller
from tfkd.errors import InputError

TITLE = "How each loss grows"
SHAPE = (8, 8, 1)
START = {"batch": 128, "channels": 64, "classes": 1_000}
END = {"batch": 512, "channels": 256, "classes": 21_000}
QUICK = {"batch": 256, "channels": 128, "classes": 2_000}
# An exponent above it is told.
STEEP = 1.4
# Why a loss is quadratic by its definition.
PAIRS = "pairs of examples"
TRIPLES = "triples of examples: cubic"
_SINGULAR = "singular vectors of maps: cubic"
LAYERS = "a trained layer from all channels to all channels"
_GRAM = "a matrix of channels by channels"
_CRITIC = "a critic of logits as wide as they are"
DEFINITIONS = {
    ("distilled_reid", "batch"): "a matrix logarithm of pairs of examples",
    ("gdssl", "batch"): PAIRS,
    ("asl", "channels"): _GRAM,
    ("fsp", "channels"): _GRAM,
    ("meal", "classes"): _CRITIC,
    ("meal_v1_noisy", "classes"): _CRITIC,
    ("nst", "channels"): _GRAM,
    ("mhgd", "channels"): _SINGULAR,
    ("pate", "channels"): "the student's layers, in a pass on made images",
    ("multi_teacher_triplet", "batch"): TRIPLES,
    ("residual_label", "classes"): "a trained matrix of classes by classes",
    ("rkd", "batch"): TRIPLES,
    ("svd_kd", "channels"): _SINGULAR,
    ("triplet_distillation", "batch"): TRIPLES,
}


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "start": START,
        "end": QUICK if quick else END,
        "rounds": 1 if quick else 3,
        "threads": 1,
        "every_method": not quick,
    }


def units(settings):
    """Returns the methods."""
    return methods.names() if settings["every_method"] else ["hinton_kd", "rkd"]


def measure(unit, settings):
    """Returns the CPU seconds at the start, and at the end of each axis."""
    end = settings["end"]
    try:
        start = _build(unit, START)
    except (harness.NotMeasured, InputError) as error:
        return {"unfit": str(error)}
    longer = {**START, "batch": end["batch"]}
    candidates = {
        "start": _candidate(unit, start, START),
        "batch": _candidate(unit, start, longer),
    }
    for axis in ("channels", "classes"):
        sizes = {**START, axis: end[axis]}
        candidates[axis] = _candidate(unit, _build(unit, sizes), sizes)
    seconds = harness.interleave(candidates, settings["rounds"])
    return {
        "seconds": {n: harness.median(v) for n, v in seconds.items()},
        "pairwise": any(loss.pairwise for loss in _losses(start)),
        "layers": any(map(_mixes_channels, _losses(start))),
    }


def _build(key, sizes):
    def model():
        return models.build(
            "cnn",
            input_shape=SHAPE,
            num_classes=sizes["classes"],
            scale=1 / classifiers.BRIGHTEST,
            filters=(sizes["channels"],) * 3,
            pool="avg",
            batch_normalization=False,
        )

    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(0)
    stages, _ = classifiers.build(key, teacher=model, student=model)
    found = [m for m in stages.values() if isinstance(m, Distiller)]
    if not found:
        raise harness.NotMeasured("it trains by a loop of its own.")
    return found


def _losses(distillers):
    return [loss for d in distillers for loss in d.distillation_losses]


def _mixes_channels(loss):
    """Whether it trains a layer from all channels to all channels."""
    return any(
        len(weight.shape) > 1 and min(weight.shape[-2:]) >= START["channels"]
        for weight in loss.trainable_variables
    )


def _candidate(key, distillers, sizes):
    """Returns what evaluates all losses and their gradients once."""
    _, labels = classifiers.batch(key, SHAPE, sizes["batch"], sizes["classes"])
    functions = [
        _gradients(distiller, labels, sizes["batch"])
        for distiller in distillers
    ]

    def run():
        for function in functions:
            function()

    return harness.block(run, 2)


def _gradients(model, labels, size):
    teacher = model.teacher.connect(model.teacher_taps, model.network)
    teacher = _random(teacher, size, seed=0)
    student = _random(model._untracked.extractor.specs, size, seed=1)
    labels = tf.constant(abs(labels))
    index = tf.range(size) % classifiers.INDICES

    @tf.function
    def run(teacher, student):
        with tf.GradientTape() as tape:
            tape.watch(student)
            total = sum(
                tf.reduce_mean(
                    loss(teacher, student, labels=labels, index=index, step=0)
                )
                for loss in model.distillation_losses
            )
        return total, tape.gradient(
            total, student, unconnected_gradients="zero"
        )

    return lambda: run(teacher, student)


def _random(specs, size, seed):
    random = np.random.default_rng(seed)
    return keras.tree.map_structure(
        lambda spec: tf.constant(
            random.normal(size=(size, *spec.shape[1:])).astype("float32")
        ),
        specs,
    )


def section(results, settings):
    """Returns the table of exponents, the steepest first."""
    rows, unfit = [], {}
    for key, result in results.items():
        if "unfit" in result:
            unfit[f"`{key}`"] = result["unfit"]
        else:
            rows.append(_row(key, result, settings))
    rows.sort(key=lambda row: (-row[0], row[1]))
    axes = [_axis(axis, settings) for axis in START]
    header = ["method", "at the start", *axes, "steep"]
    return "\n".join(
        [
            "CPU time of a method's losses with their gradients, on random",
            "taps of two CNNs of three stages, without the networks. The",
            "exponent b of seconds = a size^b is that between two sizes, the",
            "others as at the start: 0 is flat, 1 linear, 2 quadratic. Above",
            f"{STEEP} the reason stands beside it.",
            "",
            markdown.table(header, [row[1:] for row in rows]),
            "",
            *markdown.not_measured(unfit),
        ]
    )


def _axis(axis, settings):
    return f"{axis}, {START[axis]:,} to {settings['end'][axis]:,}"


def _row(key, result, settings):
    seconds, cells, steep = result["seconds"], [], []
    for axis, first in START.items():
        found = harness.exponent(
            [first, settings["end"][axis]], [seconds["start"], seconds[axis]]
        )
        cells.append((found, 1000 * seconds[axis]))
        if found > STEEP:
            steep.append(f"{axis}: {_reason(key, axis, result)}")
    return (
        max(found for found, _ in cells),
        f"`{key}`",
        f"{1000 * seconds['start']:.1f} ms",
        *(f"{found:.2f} ({value:.1f} ms)" for found, value in cells),
        "; ".join(steep),
    )


def _reason(key, axis, result):
    if (key, axis) in DEFINITIONS:
        return DEFINITIONS[key, axis]
    if axis == "batch" and result["pairwise"]:
        return PAIRS
    if axis == "channels" and result["layers"]:
        return LAYERS
    return "**not expected**"
