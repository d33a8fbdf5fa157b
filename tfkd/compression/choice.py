"""Which 8-bit file ships: quantization after training where it suffices."""

from tfkd.compression import registry

# Accuracies are counts over counts: 0.98 - 0.97 must pass a bound of 0.01.
_TOLERANCE = 1e-9


def keeps(report, floating, max_drop):
    """Whether a file's accuracy is within `max_drop` of the float model's."""
    return floating - report["eval_accuracy"] <= max_drop + _TOLERANCE


def choose(reports, floating, max_drop):
    """Returns the name of the recipe whose file is the variant `int8`.

    `int8_ptq`, the cheapest, where it keeps the bound; else the most accurate
    on the eval split, controls apart, the first of equals.

    Args:
        reports: Recipe name to a dict with `eval_accuracy`.
        floating: Accuracy of the float student on the same split.
        max_drop: Accuracy that compression may cost, as a fraction.

    Returns:
        A name, or `None` if there is no 8-bit file.
    """
    ptq = reports.get("int8_ptq")
    if ptq is not None and keeps(ptq, floating, max_drop):
        return "int8_ptq"
    candidates = [
        name
        for name in reports
        if registry.get(name).integer
        and registry.get(name).bits == 8
        and registry.get(name).taught
    ]
    return max(
        candidates,
        key=lambda name: reports[name]["eval_accuracy"],
        default=None,
    )
