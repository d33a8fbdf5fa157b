"""Learning cases of the section `adversarial`."""

from learning_cases.case import Case

CASES = {
    "anc": Case({"task_weight": 1.0}),
    "ard": Case(task="attacked_digits"),
    "bss": Case({"value_range": (0.0, 16.0), "total_steps": 1020}),
    "kdgan": Case(
        remark="likely: both players learn from the same 100 labels; the "
        "gain is within its spread",
    ),
}
