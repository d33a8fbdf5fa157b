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

TITLE = "How each loss grows"
SHAPE = (8, 8, 1)
START = {"batch": 32, "channels": 16, "classes": 10}
# An exponent above it is told.
STEEP = 1.3
# Why a loss is quadratic by its definition.
PAIRS = "pairs of examples"
CHANNELS = "pairs of channels"


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "start": START,
        "batch": [32, 64] if quick else [128, 512],
        "channels": [16, 32] if quick else [64, 256],
        "classes": [10, 100] if quick else [1_000, 21_000],
        "rounds": 1 if quick else 5,
        "threads": 1,
        "methods": ["hinton_kd", "rkd"] if quick else methods.names(),
    }


def units(settings):
    """Returns the methods."""
    return settings["methods"]


def measure(unit, settings):
    """Returns axis to the median CPU seconds at each size."""
    found = {}
    try:
        for axis in START:
            candidates = {
                size: _candidate(unit, {**START, axis: size})
                for size in settings[axis]
            }
            seconds = harness.interleave(candidates, settings["rounds"])
            found[axis] = {
                size: harness.median(values) for size, values in seconds.items()
            }
    except harness.NotMeasured as error:
        return {"unfit": str(error)}
    return {"seconds": found, "pairwise": _pairwise(unit)}


def _build(key, sizes):
    def model():
        return models.build(
            "cnn",
            input_shape=SHAPE,
            num_classes=sizes["classes"],
            scale=1 / classifiers.BRIGHTEST,
            filters=(sizes["channels"],) * 3,
            pool="avg",
        )

    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(0)
    stages, _ = classifiers.build(key, teacher=model, student=model)
    found = [m for m in stages.values() if isinstance(m, Distiller)]
    if not found:
        raise harness.NotMeasured("it trains by a loop of its own.")
    return found


def _pairwise(key):
    return any(
        loss.pairwise
        for model in _build(key, START)
        for loss in model.distillation_losses
    )


def _candidate(key, sizes):
    """Returns what evaluates all losses and their gradients once."""
    _, labels = classifiers.batch(key, SHAPE, sizes["batch"], sizes["classes"])
    functions = [
        _gradients(model, labels, sizes["batch"])
        for model in _build(key, sizes)
    ]

    def run():
        for function in functions:
            function()

    return harness.block(run, 3)


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
            rows.append(_row(key, result))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return "\n".join(
        [
            "CPU time of a method's losses with their gradients, on random",
            "taps of two CNNs of three stages, without the networks. The",
            "exponent b of seconds = a size^b is that between two large",
            "sizes, where fixed costs weigh least: 0 is flat, 1 linear, 2",
            f"quadratic. Above {STEEP} the reason stands beside it.",
            "",
            markdown.table(
                ["method", *(_axis(a, settings) for a in START), "steep"],
                [row[1:] for row in rows],
            ),
            "",
            *markdown.not_measured(unfit),
        ]
    )


def _axis(axis, settings):
    sizes = [f"{size:,}" for size in settings[axis]]
    return f"{axis}, {' to '.join(sizes)}"


def _row(key, result):
    cells, steep = [], []
    for axis in START:
        seconds = result["seconds"][axis]
        sizes = sorted(seconds, key=int)
        found = harness.exponent(
            [int(size) for size in sizes], [seconds[size] for size in sizes]
        )
        cells.append(f"{found:.2f} ({1000 * seconds[sizes[-1]]:.1f} ms)")
        if found > STEEP:
            steep.append(f"{axis}: {_reason(key, axis, result)}")
    largest = max(float(cell.split()[0]) for cell in cells)
    return (largest, f"`{key}`", *cells, "; ".join(steep))


def _reason(key, axis, result):
    if axis == "batch" and result["pairwise"]:
        return PAIRS
    return REASONS.get((key, axis), "**not expected**")


REASONS = {}
