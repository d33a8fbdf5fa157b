"""Learning cases of the section `incremental`."""

from learning_cases.case import Case

CASES = {
    "bic": Case(
        task="class_incremental",
        remark="likely: with 20 exemplars of about 105 images a class there "
        "is little forgetting to repair, and the second stage takes 2 of "
        "each class away from training",
    ),
}
