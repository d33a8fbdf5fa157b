"""Learning cases of the section `face`."""

from learning_cases.case import Case

CASES = {
    "mobileid": Case({"task_weight": 1.0}),
    "triplet_distillation": Case(
        {"largest_margin": 1.0}, task="digits_unit_retrieval"
    ),
}
