"""What a run's numbers say, in words and rows."""

import dataclasses
import statistics

from tfkd.report import formats

LABELS = {
    "teacher": "Teacher",
    "control": "Control",
    "student": "Student",
    "student_int8": "Student int8",
}
# Which .tflite variant stands for a model.
VARIANTS = {
    "teacher": "teacher",
    "control": "control",
    "student": "float32",
    "student_int8": "int8",
}


def judged(metrics):
    """Returns the model that the Evaluator judged: the pushed variant."""
    return metrics.get("judged", "student")


def label(model):
    """Returns the name of a model as people read it."""
    return LABELS.get(model, model.replace("_", " "))


def order(metrics):
    """Returns the models' keys: the four known ones first."""
    models = metrics["models"]
    known = [model for model in LABELS if model in models]
    return known + sorted(model for model in models if model not in LABELS)


def rows(metrics):
    """Builds the headline table.

    Returns:
        One dictionary of formatted strings a model.
    """
    return [_row(model, metrics["models"][model]) for model in order(metrics)]


def _row(model, values):
    latency = values.get("latency_ms") or {}
    seeds = values.get("seed_accuracies") or {}
    agreement = values.get("agreement_with_teacher")
    one = latency.get("threads_1") or {}
    two = latency.get("threads_2") or {}
    return {
        "model": model,
        "label": label(model),
        "accuracy": formats.percent(values["accuracy"]),
        "interval": formats.interval(values.get("accuracy_interval")),
        "between": formats.interval(values.get("accuracy_interval"), " – "),
        "seeds": len(seeds),
        "spread": formats.spread(
            values.get("accuracy_mean"), values.get("accuracy_std"), len(seeds)
        ),
        "agreement": formats.ABSENT
        if model == "teacher"
        else formats.percent(agreement),
        "parameters": formats.count(values.get("parameters")),
        "bytes": formats.count(values.get("bytes")),
        "kib": formats.kibibytes(values.get("bytes")),
        "gzip_kib": formats.kibibytes(values.get("gzip_bytes")),
        "median": formats.milliseconds(one.get("median")),
        "p90": formats.milliseconds(one.get("p90")),
        "median_2": formats.milliseconds(two.get("median")),
        "p90_2": formats.milliseconds(two.get("p90")),
        "runs": formats.count(one.get("runs")),
        "ece": formats.percent(values.get("ece")),
        "nll": _decimals(values.get("nll")),
        "brier": _decimals(values.get("brier")),
    }


def _decimals(value):
    return formats.ABSENT if formats.is_absent(value) else f"{value:.3f}"


@dataclasses.dataclass(frozen=True)
class Gain:
    """Student minus control, seed by seed, as fractions of 1."""

    mean: float
    std: float | None
    low: float
    high: float
    seeds: int

    @property
    def text(self):
        """The gain in words."""
        mean = formats.points(self.mean)
        if self.seeds < 2:
            return f"{mean} points (one seed)"
        return (
            f"{mean} points (mean of {self.seeds} paired seeds, "
            f"range {formats.points(self.low)} to {formats.points(self.high)})"
        )


def gain(metrics):
    """Compares student and control on the seeds that both have.

    Returns:
        A `Gain`, or `None` without a common seed.
    """
    models = metrics["models"]
    student, control = (
        (models.get(role) or {}).get("seed_accuracies") or {}
        for role in ("student", "control")
    )
    seeds = [seed for seed in student if seed in control]
    gains = [student[seed] - control[seed] for seed in seeds]
    if not gains:
        return None
    return Gain(
        mean=statistics.fmean(gains),
        std=statistics.stdev(gains) if len(gains) > 1 else None,
        low=min(gains),
        high=max(gains),
        seeds=len(gains),
    )


def failed(checks):
    """Returns the names of the checks that did not pass."""
    return [check["name"] for check in checks if not check["passed"]]


def verdict(results):
    """Says in one sentence whether the model is blessed, and why."""
    names = failed(results.checks)
    if results.blessed:
        reason = f"all {len(results.checks)} checks passed"
    elif results.infra is not None and results.infra["failure"]:
        reason = results.infra["failure"].rstrip(".")
    elif not results.checks:
        reason = "no check was set, and nothing is blessed unchecked"
    elif not names:
        reason = (
            "no check of the answers was set, and nothing is blessed unchecked"
        )
    else:
        reason = (
            f"{len(names)} of {len(results.checks)} checks failed "
            f"({', '.join(names)})"
        )
    return f"{'Blessed' if results.blessed else 'Not blessed'}: {reason}."


def outcome(results):
    """Says in one sentence what came out, with the numbers that matter."""
    models = results.metrics["models"]
    judged_model = judged(results.metrics)
    final = models[judged_model]
    text = (
        f"The {label(judged_model).lower()} answers "
        f"{formats.percent(final['accuracy'])} % of "
        f"{formats.count(results.metrics['test_examples'])} test images right "
        f"(95 % interval {_between(final)}) "
        f"in a file of {formats.kibibytes(final.get('bytes'))} KiB"
    )
    teacher = models.get("teacher")
    if teacher is not None:
        text += (
            f"; the teacher {formats.percent(teacher['accuracy'])} % in "
            f"{formats.kibibytes(teacher.get('bytes'))} KiB"
        )
    return f"{text}."


def _between(entry):
    return formats.interval(entry.get("accuracy_interval"), " to ")


def overlaps(first, second):
    """Whether two `(low, high)` subsets of the training data overlap."""
    return max(first[0], second[0]) < min(first[1], second[1])


def setting(results):
    """Says who learnt from what: sentences without which no number counts."""
    sentences = [_student_setting(results), _teacher_setting(results)]
    sentences += [_control_setting(results), _test_setting(results)]
    sentences += not_made(results)
    for role, training in results.trainings.items():
        sentences += [
            f"{label(role)}: {warning}"
            for warning in training.get("warnings") or []
        ]
    return sentences


def not_made(results):
    """Says which variants could not be exported, and why."""
    return [
        f"The variant {name} could not be exported: {reason}"
        for name, reason in results.not_made.items()
    ]


def _student_setting(results):
    student = results.trainings["student"]
    labels, hidden = student.get("num_labels"), student.get("num_unlabelled")
    text = (
        "The student learns from "
        f"{'all' if labels is None else formats.count(labels)} labelled images"
    )
    if not hidden:
        return f"{text}, and from the teacher's answers on them."
    return (
        f"{text} and from the teacher's answers on them and on "
        f"{formats.count(hidden)} training images whose labels are hidden "
        "from it."
    )


def _teacher_setting(results):
    teacher, student = (
        results.trainings[role] for role in ("teacher", "student")
    )
    labels = teacher.get("num_labels")
    if labels == 0:
        return (
            "The teacher was imported: this run does not know which images "
            "it has learnt from."
        )
    text = (
        "The teacher learnt from "
        f"{'all' if labels is None else formats.count(labels)} labels"
    )
    subsets = [run.get("subset") or (0.0, 1.0) for run in (teacher, student)]
    if not overlaps(*subsets):
        return f"{text} of other images: it has seen none of the student's."
    if student.get("num_unlabelled"):
        return (
            f"{text}, those hidden from the student among them: the teacher "
            "has seen those labels, so part of what the student gains is "
            "label knowledge passed on by the teacher."
        )
    return f"{text}: the teacher has seen those labels, too."


def _control_setting(results):
    student, control = (
        results.trainings[role] for role in ("student", "control")
    )
    keys = [
        words
        for key, words in (
            ("model", "architecture"),
            ("train", "training budget"),
            ("num_labels", "labels"),
        )
        if student.get(key) != control.get(key)
    ]
    if keys:
        return (
            "Mind that the control differs from the student in more than the "
            f"teacher: {' and '.join(keys)}."
        )
    train = student.get("train") or {}
    parts = []
    if "epochs" in train:
        parts.append(f"{formats.plain(train['epochs'])} epochs")
    if "batch_size" in train:
        parts.append(f"batches of {formats.plain(train['batch_size'])}")
    budget = f" ({', '.join(parts)})" if parts else ""
    return (
        "The control is the same student with the same labels and the same "
        f"training budget{budget}, and no teacher."
    )


def _test_setting(results):
    seeds = len(results.trainings["student"].get("runs") or [])
    chosen = "the best on the eval split is the one measured here"
    many = f"Of {seeds} seeds {chosen}; " if seeds > 1 else ""
    text = (
        f"the {formats.count(results.metrics['test_examples'])} test images "
        "took part in no training and no choice."
    )
    return many + (text if many else text[0].upper() + text[1:])


def pushed_to(pushed):
    """Says where a model was pushed, or why none was.

    Args:
        pushed: `pushed.json`, `None` without a Pusher.
    """
    if pushed is None:
        return "Not pushed: the pipeline has no Pusher."
    if not pushed.get("pushed", True):
        return f"Not pushed: {pushed.get('reason', 'no reason is recorded')}."
    return f"Pushed to {pushed['destination']}"
