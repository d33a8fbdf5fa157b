"""Learning cases of the section `online`."""

from learning_cases.case import Case

CASES = {
    "afd_online": Case(task="no_teacher"),
    "dml": Case(task="no_teacher"),
    "one": Case(task="no_teacher"),
    "codistillation": Case(
        {"exchange_steps": 20, "burn_in_steps": 200}, task="no_teacher"
    ),
}
