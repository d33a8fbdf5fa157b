"""Learning cases of the section `reinforcement`."""

from learning_cases.case import Case

CASES = {
    "n2n": Case(
        {"iterations": 4, "samples": 4, "trial_epochs": 4, "held_out": 0.3},
        task="reduced",
    ),
}
