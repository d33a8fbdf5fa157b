"""Learning cases of the section `adversarial`."""

from learning_cases.case import Case

CASES = {
    "anc": Case({"task_weight": 1.0}),
    "kdgan": Case(),
}
