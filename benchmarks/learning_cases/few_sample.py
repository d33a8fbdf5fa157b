"""Learning cases of the section `few_sample`."""

from learning_cases.case import Case

CASES = {
    "mismatched_kd": Case({"task_weight": 1.0}, task="mismatched_images"),
}
