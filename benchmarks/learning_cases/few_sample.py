"""Learning cases of the section `few_sample`."""

from learning_cases.case import Case

CASES = {
    "fskd": Case(
        task="few_samples",
        remark="likely: it solves for each layer once and sees no label, and "
        "the control has 500 steps on the same images with theirs; what both "
        "reach is the same",
    ),
    "pseudo_example": Case(
        {"value_range": (0.0, 16.0), "count": 400, "temperature": 4.0},
        task="few_digits",
    ),
    "cross_distillation": Case({"pruning_steps": 167}, task="few_samples"),
    "mismatched_kd": Case({"task_weight": 1.0}, task="mismatched_images"),
}
