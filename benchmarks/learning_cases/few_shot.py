"""Learning cases of the section `few_shot`."""

from learning_cases.case import Case

CASES = {
    "diversity_cooperation": Case({"members": 3}, task="one_shot_digits"),
    "l2t_ww": Case(),
    "leap": Case(
        {"inner_steps": 6, "inner_learning_rate": 0.3}, task="new_tasks"
    ),
    "sake": Case(
        {"weight": 0.1},
        task="one_shot_outlines",
        remark=(
            "likely: outlines of the new digits do not contradict the old "
            "ones, so that there is little to preserve"
        ),
    ),
}
