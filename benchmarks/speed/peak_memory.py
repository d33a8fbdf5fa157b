"""Peak memory of a training, each configuration in a process of its own."""

import pathlib
import subprocess
import sys

from benchmarks.speed import harness
from benchmarks.speed import markdown
from tfkd.export import process_memory

TITLE = "Peak memory of a training"
NAMES = ("plain", "live", "cached", "keras")


def settings(quick):
    """Returns what the numbers depend on."""
    return {
        "batch_size": 16 if quick else 64,
        "steps": 5,
        "pairs": ["cnn 28x28"] if quick else ["cnn 28x28", "resnet20 32x32"],
        "taps": ["logits + 3 taps"] if quick else ["logits", "logits + 3 taps"],
        "jit_compile": False,
    }


def units(settings):
    """Returns the pairs of models by the taps that are read."""
    return [f"{p}, {t}" for p in settings["pairs"] for t in settings["taps"]]


def measure(unit, settings):
    """Returns bytes by candidate: the growth up to the peak."""
    if not pathlib.Path("/proc/self/clear_refs").exists():
        raise harness.NotMeasured("only Linux tells a process's peak.")
    return {name: _bytes(unit, name, settings) for name in NAMES}


def _bytes(unit, name, settings):
    arguments = (unit, name, settings["batch_size"], settings["steps"])
    child = subprocess.run(
        [sys.executable, "-m", __spec__.name, *map(str, arguments)],
        cwd=pathlib.Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise RuntimeError(child.stderr[-2000:])
    return int(child.stdout.split()[-1])


def section(results, settings):
    """Returns the table."""
    rows = [
        [
            unit,
            f"{found['plain'] / 2**20:,.0f} MiB",
            *(f"{found[name] / found['plain']:.2f}" for name in NAMES[1:]),
        ]
        for unit, found in results.items()
    ]
    header = ["", "plain step", "tfkd, live", "tfkd, cached", "Keras"]
    return "\n".join(
        [
            "Growth of the resident set from after the imports to its peak in",
            f"{settings['steps']} steps, building and tracing included; each in"
            " a process of its own,",
            "as a ratio to the plain student step.",
            "",
            markdown.table(header, rows),
        ]
    )


def main(unit, name, batch_size, count):
    """Trains one configuration and prints the growth; runs in the child."""
    from benchmarks.speed import steps

    process_memory.forget_peak()
    before = process_memory.resident()
    pair, _, taps = unit.partition(", ")
    pair = steps.PAIRS[pair]
    images, labels = steps.batch(pair.shape, int(batch_size))
    build = {**steps.CANDIDATES, "cached": steps.unseen}[name]
    model, x = build(pair, steps.TAPS[taps], images)
    steps.fitting(model, steps.repeated(x, labels), int(count) - 1)()
    print(process_memory.peak() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
