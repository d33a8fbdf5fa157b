"""Learning cases of the section `face`."""

from learning_cases.case import Case

CASES = {
    "triplet_distillation": Case(task="digits_unit_retrieval"),
}
