"""torchdistill on the same models and tensors, in the same rounds."""

import contextlib
import json
import pathlib
import subprocess

import keras
import numpy as np

from benchmarks.speed import harness
from benchmarks.speed import markdown
from benchmarks.speed import steps
from tfkd import losses

TITLE = "Beside PyTorch and torchdistill"
HERE = pathlib.Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv/torch/bin/python"
REQUIREMENTS = HERE / "torch_requirements.txt"
PLAIN, OURS, TORCH, THEIRS = "plain", "tfkd", "torch", "torchdistill"


def settings(quick):
    """Returns what the numbers depend on."""
    pairs = ["cnn 28x28"] if quick else list(steps.PAIRS)
    return {
        "batch_size": {"cnn 28x28": 64, "resnet20 32x32": 16},
        "rounds": 2 if quick else 9,
        "steps_a_round": {"cnn 28x28": 5, "resnet20 32x32": 1},
        "threads": 1,
        "pairs": pairs,
        "taps": ["logits"] if quick else list(steps.TAPS),
        "peer": REQUIREMENTS.read_text().split(),
    }


def units(settings):
    """Returns the pairs of models by the taps that are read."""
    return [f"{p}, {t}" for p in settings["pairs"] for t in settings["taps"]]


def measure(unit, settings):
    """Measures a step with and without distillation in both frameworks."""
    keras.utils.clear_session(free_memory=True)
    name, _, taps = unit.partition(", ")
    pair, number = steps.PAIRS[name], settings["steps_a_round"][name]
    images, labels = steps.batch(pair.shape, settings["batch_size"][name])
    with Peer() as peer:
        difference = _difference(peer)
        candidates = {}
        for key, build in ((PLAIN, steps.plain), (OURS, steps.live)):
            model, x = build(pair, steps.TAPS[taps], images)
            batches = steps.repeated(x, labels)
            candidates[key] = steps.fitting(model, batches, number)
        weights = sum(
            int(np.prod(w.shape)) for w in steps.student(pair).trainable_weights
        )
        for key, teacher in ((TORCH, None), (THEIRS, pair.teacher)):
            request = _request(pair, teacher, taps, images, labels)
            if peer.ask("build", name=key, **request) != weights:
                raise RuntimeError(f"Both students of {unit} must be equal.")
            candidates[key] = _steps(peer, key, number)
        return {
            "difference": difference,
            "seconds": harness.interleave(candidates, settings["rounds"]),
        }


class Peer(contextlib.AbstractContextManager):
    """The process that runs PyTorch.

    Raises:
        NotMeasured: If it is not installed, or does not start.
    """

    def __init__(self):
        if not PYTHON.exists():
            raise harness.NotMeasured(
                "PyTorch is not installed; `make bench-peers` installs it "
                "into an environment of its own."
            )
        self.process = subprocess.Popen(
            [PYTHON, HERE / "torch_worker.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, do, **values):
        """Sends a request and returns the answer."""
        try:
            self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            raise harness.NotMeasured(
                f"the process of {PYTHON.parents[1].name} ended at {do!r}; "
                "`make bench-peers` installs it anew."
            )
        return json.loads(answer)

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def _steps(peer, key, number):
    return lambda: peer.ask("run", name=key, steps=number)


def _request(pair, teacher, taps, images, labels):
    return {
        "shape": pair.shape,
        "classes": steps.CLASSES,
        "student": pair.student,
        "teacher": teacher,
        "taps": [int(tap[-1]) - 1 for tap in steps.TAPS[taps]],
        "images": images.tolist(),
        "labels": labels.tolist(),
        "temperature": steps.TEMPERATURE,
        "task_weight": steps.TASK_WEIGHT,
    }


def _difference(peer):
    """Returns the relative difference of both losses on the same logits."""
    random = np.random.default_rng(0)
    student, teacher = random.normal(0, 3, (2, 16, steps.CLASSES))
    labels = random.integers(0, steps.CLASSES, 16)
    soft = losses.SoftTargets(temperature=steps.TEMPERATURE)
    taps = ({"logits": np.float32(logits)} for logits in (teacher, student))
    task = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ours = steps.TASK_WEIGHT * float(task(labels, np.float32(student)))
    ours += (1 - steps.TASK_WEIGHT) * float(np.mean(soft(*taps)))
    theirs = peer.ask(
        "loss",
        student=student.tolist(),
        teacher=teacher.tolist(),
        labels=labels.tolist(),
        temperature=steps.TEMPERATURE,
        task_weight=steps.TASK_WEIGHT,
    )
    return abs(ours / theirs - 1)


def section(results, settings):
    """Returns the table."""
    rows = []
    for unit, result in results.items():
        seconds = result["seconds"]
        rows.append(
            [
                unit,
                f"{1000 * harness.median(seconds[PLAIN]):.1f} ms",
                f"{1000 * harness.median(seconds[TORCH]):.1f} ms",
                markdown.ratio(harness.ratio(seconds[OURS], seconds[PLAIN])),
                markdown.ratio(harness.ratio(seconds[THEIRS], seconds[TORCH])),
            ]
        )
    worst = max(result["difference"] for result in results.values())
    header = [
        "",
        "Keras, plain step",
        "PyTorch, plain step",
        "tfkd / Keras plain",
        "torchdistill's loss / PyTorch plain",
    ]
    return "\n".join(
        [
            "Each framework's distillation over its own plain step. PyTorch",
            "runs eagerly in its own process and takes its turns in the same",
            "rounds; torchdistill's `KDLoss`, taps by forward hooks and mean",
            "squared error. Students have as many weights in both, and on the",
            f"same logits both losses differ by {worst:.0e} of their value.",
            "",
            markdown.table(header, rows),
        ]
    )
