"""Bounds on a model's answers on the test split.

Accuracies, gains, drops and agreement are fractions: 0.01 is one point. The
judged model, `judged`, is the file that is to be pushed.
"""

import dataclasses

from tfkd.metrics.gates import Number

_FRACTIONS = (
    "Accuracies and their differences are fractions: write 0.01 for one point."
)


@dataclasses.dataclass(frozen=True)
class Change(Number):
    """A bound on a difference to the baseline; holds where there is none."""

    def passes(self, name, value, bound):
        """Says whether the bound holds."""
        return value is None or super().passes(name, value, bound)

    def told(self, name, value, bound):
        """Writes value and bound as one clause."""
        if value is None:
            return f"{name} is not asked for without a baseline"
        return super().told(name, value, bound)


def _gain_over_baseline(models):
    baseline = models["baseline"]
    return None if baseline is None else baseline["gain"]


def _gain(models):
    student, control = models["student"], models["control"]
    return student["accuracy_mean"] - control["accuracy_mean"]


def _worst_class(models):
    classes = models["judged"]["per_class_accuracy"]
    return min(value for value in classes if value is not None)


GATES = {
    "min_accuracy": Number(
        high=1,
        value=lambda models: models["judged"]["accuracy"],
        help="The exported model is not accurate enough. Train longer, give "
        "the student more parameters, or lower the bound.",
        unit=_FRACTIONS,
    ),
    "min_worst_class_accuracy": Number(
        high=1,
        value=_worst_class,
        help="One class is recognized too rarely; metrics.json names it. Show "
        "the student more examples of it, or check its labels.",
        unit=_FRACTIONS,
    ),
    "min_gain_over_control": Number(
        low=-1,
        high=1,
        value=_gain,
        help="Distillation adds too little to the same student trained "
        "alone. Show the student more unlabelled images, try another "
        "temperature or method, or check that the teacher beats the control. "
        "With many labels and a small student there may be nothing to gain.",
        unit=_FRACTIONS,
    ),
    "min_gain_over_baseline": Change(
        low=-1,
        high=1,
        value=_gain_over_baseline,
        help="The exported model is not better than the last one that was "
        "blessed, on the same images; that one goes on being served. There is "
        "nothing to do, unless newer ones keep losing: then look at the data.",
        unit=_FRACTIONS,
    ),
    "max_accuracy_drop": Number(
        low=-1,
        high=1,
        value=lambda models: models["judged"]["accuracy_drop"],
        help="Quantization costs too much accuracy. Raise "
        "calibration_examples, use relu6 instead of relu so that ranges stay "
        "small, or train with quantization in the loop (recipe int8_qat).",
        unit=_FRACTIONS,
    ),
    "min_agreement": Number(
        high=1,
        value=lambda models: models["judged"]["agreement_with_teacher"],
        help="The exported model answers too differently from the teacher. "
        "Raise the weight of the distillation loss, or train longer.",
        unit=_FRACTIONS,
    ),
    "min_agreement_with_float": Number(
        high=1,
        value=lambda models: models["judged"]["agreement_with_float"],
        help="The exported model answers too differently from the float "
        "student it was made of. See the layer errors of InfraValidator, and "
        "keep the worst layers in float (variant int8_selective).",
        unit=_FRACTIONS,
    ),
}
