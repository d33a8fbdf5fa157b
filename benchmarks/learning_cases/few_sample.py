"""Learning cases of the section `few_sample`."""

from learning_cases.case import Case

CASES = {
    "fskd": Case(
        task="few_samples",
        remark="likely: it solves for each layer once and sees no label, and "
        "the control has 500 steps on the same images with theirs; what both "
        "reach is the same",
    ),
    "cross_distillation": Case({"pruning_steps": 167}, task="few_samples"),
    "mismatched_kd": Case({"task_weight": 1.0}, task="mismatched_images"),
}
