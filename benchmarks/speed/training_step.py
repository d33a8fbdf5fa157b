"""A training step with a live teacher, a cached one, and Keras' own."""

import keras

from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import steps

TITLE = "A training step"
LIVE, FASTER, CACHED = 1.02, 1.5, 1.03
QUICK_ROUNDS = 2


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "batch_size": {"cnn 28x28": 64, "resnet20 32x32": 16},
        "rounds": QUICK_ROUNDS if quick else 11,
        "steps_a_round": {"cnn 28x28": 5, "resnet20 32x32": 1},
        "taps": steps.TAPS,
        "optimizer": "SGD, momentum",
        "jit_compile": False,
        "threads": 1,
    }


def units(settings):
    """Returns the pairs of models by the taps that are read."""
    if settings["rounds"] == QUICK_ROUNDS:
        return ["cnn 28x28, logits + 3 taps"]
    return [f"{pair}, {taps}" for pair in steps.PAIRS for taps in steps.TAPS]


def measure(unit, settings):
    """Measures all candidates in turns."""
    keras.utils.clear_session(free_memory=True)
    pair, _, name = unit.partition(", ")
    taps, number = steps.TAPS[name], settings["steps_a_round"][pair]
    size = settings["batch_size"][pair]
    pair = steps.PAIRS[pair]
    images, labels = steps.batch(pair.shape, size)
    candidates, first = {}, {}
    for key, build in steps.CANDIDATES.items():
        model, x = build(pair, taps, images)
        logs = model.train_on_batch(x, labels, return_dict=True)
        first[key] = float(logs["loss"])
        batches = steps.repeated(x, labels)
        candidates[key] = steps.fitting(model, batches, number)
    forward = steps.forward(steps.teacher(pair), images)
    candidates["forward"] = harness.block(forward, number)
    seconds = harness.interleave(candidates, settings["rounds"])
    return {"seconds": seconds, "first_loss": first}


def ratios(result, clock="cpu"):
    """Returns what the goals are about, each with its quartiles."""
    seconds = result["seconds"]
    both = harness.added(seconds["plain"], seconds["forward"])
    pairs = {
        "forward": (seconds["forward"], seconds["plain"]),
        "live": (seconds["live"], seconds["plain"]),
        "live_to_both": (seconds["live"], both),
        "cached": (seconds["cached"], seconds["plain"]),
        "keras": (seconds["keras"], seconds["plain"]),
        "keras_to_live": (seconds["keras"], seconds["live"]),
        "keras_to_both": (seconds["keras"], both),
    }
    return {name: harness.ratio(*pair, clock) for name, pair in pairs.items()}


COLUMNS = {
    "forward": "teacher forward",
    "live": "tfkd, live",
    "live_to_both": "tfkd, live / (student + teacher forward)",
    "cached": "tfkd, cached",
    "keras": "`keras.distillation`",
    "keras_to_live": "`keras.distillation` / tfkd, live",
}
# Ratio to its bound, and whether that is a least one.
GOALS = {
    "live_to_both": (LIVE, False),
    "keras_to_live": (FASTER, True),
    "cached": (CACHED, False),
}


def section(results, settings):
    """Returns the table and the goals."""
    cpu = {unit: ratios(result) for unit, result in results.items()}
    wall = {unit: ratios(result, "wall") for unit, result in results.items()}
    rows = [
        [unit, *(markdown.ratio(found[name]) for name in COLUMNS)]
        for unit, found in cpu.items()
    ]
    header = ["a plain student step is 1", *COLUMNS.values()]
    goals = [[u, *_goals(u, cpu[u], wall[u])] for u in results]
    return "\n".join(
        [
            "`fit` on one batch that lies in memory, callbacks included.",
            "ResNet-56 teaches `resnet20`, a residual network of 3 blocks the",
            "small CNN; teacher and student have equal widths, as Keras'",
            "feature distillation needs. Keras' divergence is repaired, so",
            "that both compute the same: the losses of the first step differ",
            f"by at most {_difference(results):.0e} of their value. With taps,",
            "what is above the references is the arithmetic of the losses",
            "themselves, on maps of up to 28x28x16 numbers an example.",
            "",
            markdown.table(header, rows),
            "",
            "Goals, judged by CPU time:",
            "",
            markdown.table(["", *(COLUMNS[name] for name in GOALS)], goals),
        ]
    )


def _goals(unit, cpu, wall):
    for name, (bound, least) in GOALS.items():
        values = cpu[name][0], wall[name][0]
        if name == "keras_to_live" and "tap" not in unit:
            yield "no goal: CPU {:.2f}, wall {:.2f}".format(*values)
            continue
        text = markdown.goal(*values, bound, at_least=least)
        if name == "keras_to_live":
            possible = cpu["keras_to_both"][0]
            text += f" (student + teacher forward alone: {possible:.2f})"
        yield text


def _difference(results):
    """The largest difference of Keras' first loss to ours, relative."""
    firsts = [result["first_loss"] for result in results.values()]
    return max(
        abs(first[ours] / first["keras"] - 1)
        for first in firsts
        for ours in ("live", "cached")
    )
