"""Learning cases of the section `few_shot`."""

from learning_cases.case import Case

CASES = {
    "diversity_cooperation": Case(
        {"members": 3, "task_weight": 0.5}, task="one_shot_digits"
    ),
    "l2t_ww": Case(),
    "sake": Case(task="one_shot_outlines"),
}
