"""Learning cases of the section `incremental`."""

from learning_cases.case import Case

CASES = {
    "eeil": Case(task="five_and_five"),
    "lucir": Case(task="five_and_five_by_angles"),
    "m2kd": Case(task="three_steps"),
    "bic": Case(
        task="class_incremental",
        remark="likely: with 20 exemplars of about 105 images a class there "
        "is little forgetting to repair, and the second stage takes 2 of "
        "each class away from training",
    ),
}
