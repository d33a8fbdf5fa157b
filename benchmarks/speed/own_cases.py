"""A training step of methods whose networks or data are of their own kind."""

import keras
import numpy as np
import tensorflow as tf

from benchmarks.speed import classifiers
from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import methods as methods_lib
from benchmarks.speed import steps
from tests.conformance import cases
from tests.conformance import harness as conformance
from tfkd import methods
from tfkd.distillers import batch as batch_lib

TITLE = "A training step of each other method"
QUICK = ("det_kd", "zskt")
# A step that costs so many times the passes of its networks has a reason, and
# so has one that grows with the batch by such an exponent.
DEAR, STEEP = 1.9, 1.4
_GAME = "a generator that is trained as well, and whose images are judged"
REASONS = {
    "adaptsegnet": "critics, and images of both domains",
    "asr_lipreading": "a second CTC loss, on the teacher's transcript",
    "crdoco": "generators and critics of both domains",
    "dafl": _GAME,
    "dfad": _GAME,
    "dual_gan_ka": _GAME,
    "fast_seg_ts": "each pixel against the eight around it",
    "gan_compress_aguinaldo": "a critic that is trained as well",
    "grl": "metrics of each graph, shortest paths among them",
    "monoresmatch": "the other eye's image, displaced, and windows of both",
    "refine_distill": "a network that refines, and images displaced twice",
    "rgbd_data_ensemble": "the teacher runs once a scale, and upside down",
    "skd_seg": "all pairs of patches, and a critic with a gradient penalty",
    "ts3_landmark": "two students, copies of them, and a judge of their maps",
    "zskt": _GAME,
}


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "batch_sizes": [32, 128],
        "rounds": 1 if quick else 3,
        "steps_a_round": 2,
        "threads": 1,
        "networks_and_data": "of the conformance cases",
        "jit_compile": False,
        "every_method": not quick,
    }


def units(settings):
    """Returns the methods that are not in the table of classifiers."""
    if not settings["every_method"]:
        return list(QUICK)
    return [key for key in methods.names() if methods_lib.unfit(key)]


def measure(unit, settings):
    """Measures a method's step and the passes of its networks, in turns."""
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(0)
    case, number = cases.of(unit), settings["steps_a_round"]
    teacher, alone = case.teacher(), case.student()
    built = conformance.build(unit, teacher=teacher)
    trained = {
        f"method{name}": model
        for name, model in classifiers.stages(built).items()
    }
    for model in (*trained.values(), alone):
        steps.compiled(model, case.loss)
    teachers = conformance.models_in(teacher)
    candidates = {}
    for size in settings["batch_sizes"]:
        x, y = conformance.first_examples(unit, size * (number + 1))
        for name, model in trained.items():
            candidates[f"{name}, {size}"] = steps.epoch(
                model, x, y, batch_size=size
            )
        candidates |= _passes(alone, teachers, x, y, size, number)
    seconds = harness.interleave(candidates, settings["rounds"])
    return {"seconds": seconds, "teachers": len(teachers)}


def _passes(student, teachers, x, y, size, number):
    """Returns candidates: the plain step and what teachers cost, if alone.

    Some students have no labels of their own, and some teachers see what
    another network says.
    """
    views = batch_lib.views(x)
    labels = keras.tree.map_structure(_known, y)
    plain = steps.epoch(student, views.student, labels, batch_size=size)
    found = {f"plain, {size}": plain} if _runs(plain) else {}
    images = keras.tree.map_structure(lambda a: a[:size], views.teacher)
    passes = [steps.forward(model, images) for model in teachers]
    if all(map(_runs, passes)):

        def forward():
            for run in passes:
                run()

        found[f"forward, {size}"] = harness.block(forward, number)
    return found


def _runs(candidate):
    try:
        candidate()
    except (TypeError, ValueError, tf.errors.OpError):
        return False
    return True


def _known(labels):
    """Gives those without a class one: the plain step learns them all."""
    is_class = np.issubdtype(labels.dtype, np.integer)
    return np.maximum(labels, 0) if is_class else labels


def section(results, settings):
    """Returns the table, the most expensive method first."""
    rows = [
        row for key in results for row in _rows(key, results[key], settings)
    ]
    rows.sort(key=lambda row: -row[0])
    small, large = settings["batch_sizes"]
    header = [
        "method",
        "teachers",
        "step / plain step",
        "step / (plain step + teachers' forward passes)",
        f"growth with the batch, {small} to {large}",
        "plain step likewise",
        "what costs",
    ]
    return "\n".join(
        [
            "Methods for other data than images with labels, or for networks",
            "of their own kind, on those of their conformance cases: so small",
            "that a step is what its operations cost whatever their size.",
            f"Batches of {small}. Growth is the exponent b of seconds =",
            "a size^b between two batches: 1 is linear, 2 quadratic. From",
            f"{DEAR:g} times the passes on, or where a step grows faster than",
            f"size^{STEEP}, the reason stands beside it. Where there is no",
            "plain step the student has no labels that it could learn alone;",
            "where no teachers' passes are added, they do not run alone.",
            "",
            markdown.table(header, [row[1:] for row in rows]),
        ]
    )


def _rows(key, result, settings):
    seconds = result["seconds"]
    sizes = settings["batch_sizes"]
    plain = [seconds.get(f"plain, {size}") for size in sizes]
    forward = seconds.get(f"forward, {sizes[0]}")
    ends = f", {sizes[0]}"
    for name in seconds:
        if not (name.startswith("method") and name.endswith(ends)):
            continue
        stage = name.removesuffix(ends)
        step = [seconds[f"{stage}, {size}"] for size in sizes]
        base = _passes_of(plain[0], forward, result["teachers"])
        growth = _growth(sizes, step)
        times = harness.ratio(step[0], base)[0] if base else 0.0
        yield (
            times,
            f"`{key}`{stage.removeprefix('method')}",
            result["teachers"],
            _ratio(step[0], plain[0]),
            _ratio(step[0], base),
            f"{growth:.2f}",
            f"{_growth(sizes, plain):.2f}" if plain[0] else "",
            _reason(key, times, growth),
        )


def _passes_of(plain, forward, teachers):
    """Returns the seconds of all networks' passes, if they are known."""
    if plain is None or not teachers:
        return plain
    return forward and harness.added(plain, forward)


def _growth(sizes, seconds):
    return harness.exponent(sizes, [harness.median(s) for s in seconds])


def _ratio(seconds, base):
    return markdown.ratio(harness.ratio(seconds, base)) if base else ""


def _reason(key, times, growth):
    if times < DEAR and growth < STEEP:
        return ""
    return REASONS.get(key, "**not expected**")
