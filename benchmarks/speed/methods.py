"""A training step of every method, against a plain step."""

import functools

import keras

from benchmarks.speed import classifiers
from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import steps
from tests.conformance import cases
from tfkd import methods
from tfkd import models

TITLE = "A training step of each method"
SHAPE, CLASSES = (28, 28, 1), 10
QUICK = ("hinton_kd", "rkd", "fitnet")
# Methods for classifiers that need others than these, or all examples at once.
_WIDTHS = "its networks' features have to be of one width."
_ALL = "it looks at all examples first."
OTHERS = {
    "aid_event": _WIDTHS,
    "faces_voices": _WIDTHS,
    "gdsda": _ALL,
    "hoffman_rgbd": "its networks have to be of one architecture.",
    "pins": _WIDTHS,
    "pseudo_example": _ALL,
    "stochastic_skip": "its networks have to be of one architecture.",
    "tsc_gan": _ALL,
}
# A step that costs so many times the passes of its networks has a reason.
DEAR = 1.4
_PEERS = "peers that are trained as well"
_PARTNER = "a network of the other view that is trained as well"
_EXITS = "exits or branches that are trained as well"
_ATTACK = "an attack on each batch"
_VIEWS = "the student runs twice"
_MOVING = "a moving average of the student runs, too"
_CRITICS = "critics that are trained as well"
_TRIED = "steps that are tried, and the gradient of where they lead"
REASONS = {
    "ab": "trained connectors to all maps",
    "afd_audio": _CRITICS,
    "afd_online": _PEERS,
    "ard": _ATTACK,
    "asl": "channel matrices of nine pairs of layers",
    "bss": _ATTACK,
    "byot": _EXITS,
    "cfl": "a trained space of features, common to all networks",
    "cmkg": _TRIED,
    "codistillation": _PEERS,
    "collaborative_learning": _EXITS,
    "data_distillation": "the teacher runs once a view",
    "ddgsd": _VIEWS,
    "distilled_reid": _VIEWS,
    "diversity_cooperation": _PEERS,
    "dml": _PEERS,
    "dual_student": _PEERS,
    "ffl": _PEERS,
    "fsp": "flow matrices between layers",
    "ft": "a trained translator of maps",
    "heo_overhaul": "trained connectors to all maps",
    "hne": _EXITS,
    "irg": "distances of examples in all layers",
    "jacobian": "a backward pass a class, in both networks",
    "ka_classification": "codes of maps that rebuild the teachers'",
    "kdgan": _PEERS,
    "kp": "trained projections of nine pairs of layers",
    "ksanc": _CRITICS,
    "ktg": _PEERS,
    "l2t_ww": _TRIED,
    "l3net": _PARTNER,
    "mcod": _PEERS,
    "mhgd": "singular vectors of maps, and the gradients of both terms",
    "mod_video": _PEERS,
    "msd": _EXITS,
    "multi_exit_distill": _EXITS,
    "okddip": _PEERS,
    "one": _EXITS,
    "pate": "a generator, whose images the student sees, too",
    "outlook_nonstructural_graph": "distances of examples in all layers",
    "pairwise_hashing": _MOVING,
    "pi_model": _VIEWS,
    "piekd": _PEERS,
    "self_ensembling_da": _MOVING,
    "sla_sd": "the student sees four rotations",
    "sntg": _VIEWS,
    "svd_kd": "singular vectors of maps, and the gradients of both terms",
    "svhf": _PARTNER,
    "thoker_action": _PEERS,
    "tolerant_teacher": "its first generation is as large as the teacher",
}


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "batch_size": 32,
        "rounds": 2 if quick else 5,
        "steps_a_round": 2,
        "threads": 1,
        "student": "cnn 28x28, filters (16, 32, 64)",
        "teacher": "resnet of 3 blocks, filters (16, 32, 64)",
        "jit_compile": False,
        "every_method": not quick,
    }


def units(settings):
    """Returns the methods that fit classifiers of images."""
    if not settings["every_method"]:
        return list(QUICK)
    return [key for key in methods.names() if unfit(key) is None]


def unfit(key):
    """Returns why a method is not in this table, or `None`."""
    return OTHERS.get(key) or classifiers.unfit(key)


def measure(unit, settings):
    """Measures the stages of one method, and a plain step, in turns."""
    keras.utils.set_random_seed(0)
    stages, count = classifiers.build(unit, teacher=teacher, student=student)
    return {"seconds": _seconds(unit, stages, settings), "teachers": count}


def teacher():
    """Returns a new teacher, of the student's widths."""
    return _model("resnet")


def student():
    """Returns a new student."""
    return _model("cnn")


def _model(name):
    return models.build(
        name,
        input_shape=SHAPE,
        num_classes=CLASSES,
        scale=1 / classifiers.BRIGHTEST,
        filters=(16, 32, 64),
    )


def _seconds(key, stages, settings):
    size, number = settings["batch_size"], settings["steps_a_round"]
    x, y = classifiers.batch(key, SHAPE, size, CLASSES)
    candidates = dict(_references(size, number))
    for name, model in stages.items():
        steps.compiled(model, cases.of(key).loss)
        batches = steps.repeated(x, y)
        candidates[f"method{name}"] = steps.fitting(model, batches, number)
    return harness.interleave(candidates, settings["rounds"])


@functools.cache
def _references(size, number):
    """Returns a plain step and a teacher's forward pass, for all methods."""
    images, labels = steps.batch(SHAPE, size)
    plain = steps.compiled(student())
    forward = steps.forward(teacher(), images)
    return {
        "plain": steps.fitting(plain, steps.repeated(images, labels), number),
        "forward": harness.block(forward, number),
    }


def section(results, settings):
    """Returns the table, the most expensive method first."""
    rows = [row for key in results for row in _rows(key, results[key])]
    rows.sort(key=lambda row: -row[0])
    header = [
        "method",
        "teachers",
        "step / plain step",
        "step / (plain step + teachers' forward passes)",
        "time on the wall likewise",
        "what costs",
    ]
    return "\n".join(
        [
            "Arguments are those of the conformance cases; methods of several",
            "stages are measured stage by stage. What a step costs beyond the",
            "student's and the teachers' passes is what the fourth column has",
            f"above 1; from {DEAR} on the reason stands beside it. Below 1,",
            "not all teachers run, or one call costs less than two.",
            "",
            markdown.table(header, [row[1:] for row in rows]),
        ]
    )


def _reason(key, value):
    if value < DEAR:
        return ""
    return REASONS.get(key, "**not expected**")


def _rows(key, result):
    seconds, count = result["seconds"], result["teachers"]
    plain = seconds["plain"]
    passes = harness.added(plain, *[seconds["forward"]] * count)
    for name, values in seconds.items():
        if name.startswith("method"):
            against = harness.ratio(values, passes)
            yield (
                against[0],
                f"`{key}`{name.removeprefix('method')}",
                count,
                markdown.ratio(harness.ratio(values, plain)),
                markdown.ratio(against),
                f"{harness.ratio(values, passes, 'wall')[0]:.2f}",
                _reason(key, against[0]),
            )
