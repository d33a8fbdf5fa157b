"""Learning cases of the section `reinforcement`."""

from learning_cases.case import Case

CASES = {
    "cdrl": Case({"units": (64,)}, task="other_actions"),
    "ltcr": Case(task="recorded_returns"),
    "n2n": Case(
        {"iterations": 4, "samples": 4, "trial_epochs": 4, "held_out": 0.3},
        task="reduced",
    ),
    "piekd": Case(task="policies_without_teacher"),
    "policy_distillation": Case({"temperature": 0.05}, task="replayed_states"),
    "rnd": Case(task="new_digits"),
}
