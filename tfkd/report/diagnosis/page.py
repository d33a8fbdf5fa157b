"""Renders a diagnosis as one self-contained HTML page."""

import numpy as np

from tfkd.report import facts
from tfkd.report import formats
from tfkd.report import samples
from tfkd.report import templates
from tfkd.report.diagnosis import figures
from tfkd.report.diagnosis import findings
from tfkd.report.diagnosis import rules


def render(diagnosis):
    """Writes the page.

    Args:
        diagnosis: A `tfkd.report.Diagnosis`.

    Returns:
        HTML text without any external resource or script.
    """
    measured = diagnosis.measured
    advice = diagnosis.recommendations
    return templates.render(
        "diagnosis.html",
        {"count": formats.count, "percent": formats.percent},
        title=diagnosis.title,
        measured=measured,
        recommendations=advice,
        problems=sum(item.problem for item in advice),
        outcome=outcome(measured),
        rows=[_row(role, measured) for role in _order(measured)],
        most=np.log(len(measured.class_names)),
        plots={
            "reliability": figures.reliability(measured),
            "entropy": figures.entropy(measured),
            "classes": figures.classes(measured),
            "similarity": figures.similarity(measured),
            "gradients": figures.gradients(measured),
        },
        classes_left_out=max(0, len(measured.classes) - figures.CLASSES),
        pairs=_pairs(measured.similarity),
        cosines=_cosines(measured.gradients),
        conflicts=_conflicts(measured),
        rules=rules.RULES,
    )


def outcome(measured):
    """Says in one or two sentences what distillation brings here."""
    known = measured.models
    if not measured.labelled:
        return "Without labels, agreement is all that can be told of accuracy."
    told = ", ".join(
        f"the {role} {formats.percent(known[role].accuracy)} %"
        for role in _order(measured)
        if known[role].accuracy is not None
    )
    if not told:
        return "No model gives finite answers to labelled examples."
    text = f"Of {measured.labelled:,} labelled examples, right answers: {told}."
    if measured.gain is None:
        return text
    gain = measured.gain
    sure = (
        "more than chance explains"
        if gain.above
        else "a loss beyond what chance explains"
        if gain.below
        else "within what chance explains"
    )
    return (
        f"{text} Student over control: {findings.between(gain)}, {sure} on "
        "these examples."
    )


def _order(measured):
    roles = ("teacher", "control", "student")
    return [role for role in roles if role in measured.models]


def _row(role, measured):
    found = measured.models[role]
    gap = None
    if None not in (found.train_accuracy, found.accuracy):
        gap = found.train_accuracy - found.accuracy
    return {
        "model": role,
        "label": facts.label(role),
        "accuracy": formats.percent(found.accuracy),
        "interval": formats.interval(found.interval, " – "),
        "train": formats.percent(found.train_accuracy),
        "gap": formats.points(gap),
        "confidence": formats.percent(found.confidence),
        "ece": formats.percent(found.ece),
        "nll": formats.ABSENT if found.nll is None else f"{found.nll:.3f}",
        "agreement": formats.percent(found.agreement),
        "parameters": formats.count(found.parameters),
        "share": _share(found, measured.models["teacher"]),
    }


def _share(found, teacher):
    if found is teacher or not teacher.parameters:
        return ""
    share = 100 * found.parameters / teacher.parameters
    return f"{share:.3g} % of the teacher's"


def _pairs(similarity):
    if similarity is None:
        return []
    return [(*pair, f"{similarity.of(pair):.2f}") for pair in similarity.pairs]


def _cosines(gradients):
    if gradients is None:
        return []
    return [
        (name, f"{np.mean(cosines):+.2f}".replace("-", "−"), len(cosines))
        for name, cosines in (
            ("new initial weights", gradients.fresh),
            ("the student's weights", gradients.given),
        )
        if cosines
    ]


def _conflicts(measured):
    names = measured.class_names
    examples = [conflict.example for conflict in measured.conflicts]
    pictures = bool(examples) and _is_image(examples[0])
    if pictures:
        values = np.stack(examples)
        limits = float(values.min()), float(values.max())
    return [
        {
            "index": conflict.index,
            "label": names[conflict.label],
            "answer": names[conflict.answer],
            "confidence": min(99.9, 100 * conflict.confidence),
            "image": samples.data_uri(conflict.example, limits)
            if pictures
            else None,
        }
        for conflict in measured.conflicts
    ]


def _is_image(example):
    """Height, width and channels, or a map without channels."""
    return example.ndim == 2 or (example.ndim == 3 and example.shape[-1] <= 4)
